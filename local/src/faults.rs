//! Faults on demand: what AWS does on a bad day, to the very call that a test has in mind.

use std::fmt;
use std::process::Stdio;
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow, bail, ensure};
use tokio::process::Command;

/// One fault of kind `K`, and the calls that it hits, which are those of operation `O`.
///
/// As a text it is `OPERATION:KIND[=VALUE][:skip=N][:times=M]`; OPERATION can be `any`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FaultOf<O, K> {
    /// The calls that it is for; `None` is all of them.
    pub operation: Option<O>,
    /// What happens to them.
    pub kind: K,
    /// How many of them pass unharmed first.
    pub skip: u32,
    /// How many of them it hits after those; `None` is all.
    pub times: Option<u32>,
}

impl<O, K> FromStr for FaultOf<O, K>
where
    O: FromStr<Err = Error>,
    K: FromStr<Err = Error>,
{
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        // One text, not a chain: command lines show the outermost error only.
        parse(text).map_err(|error| {
            anyhow!("{text:?} is not OPERATION:KIND[=VALUE][:skip=N][:times=M]: {error}")
        })
    }
}

fn parse<O, K>(text: &str) -> Result<FaultOf<O, K>>
where
    O: FromStr<Err = Error>,
    K: FromStr<Err = Error>,
{
    let mut parts = text.split(':');
    let operation = match parts.next().unwrap_or_default() {
        "any" => None,
        name => Some(name.parse()?),
    };
    let kind = parts.next().unwrap_or_default().parse()?;

    let mut fault = FaultOf { operation, kind, skip: 0, times: None };
    for part in parts {
        match part.split_once('=') {
            Some(("skip", value)) => fault.skip = number(value)?,
            Some(("times", value)) => fault.times = Some(number(value)?),
            _ => bail!("unknown part {part:?}"),
        }
    }
    ensure!(fault.times != Some(0), "times=0 would hit nothing");
    Ok(fault)
}

/// Reads the value of a part.
pub(crate) fn number<T: FromStr>(text: &str) -> Result<T> {
    text.parse().ok().with_context(|| format!("{text:?} is not a number that fits here"))
}

impl<O: fmt::Display, K: fmt::Display> fmt::Display for FaultOf<O, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.operation {
            Some(operation) => write!(f, "{operation}:{}", self.kind)?,
            None => write!(f, "any:{}", self.kind)?,
        }
        if self.skip > 0 {
            write!(f, ":skip={}", self.skip)?;
        }
        match self.times {
            Some(times) => write!(f, ":times={times}"),
            None => Ok(()),
        }
    }
}

/// How long after a signal the call goes on: the process has taken it in by then.
const MOMENT: Duration = Duration::from_millis(20);

/// Sends SIGINT to a process; one that is gone by then is as good.
pub(crate) async fn interrupt(pid: u32) {
    let mut kill = Command::new("kill");
    kill.args(["-INT", &pid.to_string()]).stderr(Stdio::null());
    let _ = kill.status().await;
    tokio::time::sleep(MOMENT).await;
}

/// The faults that are in force. At most one hits a call: the first that is due.
///
/// A call that one hits is not seen by those behind it, so that a list reads like a script.
#[derive(Debug)]
pub(crate) struct Faults<O, K>(Mutex<Vec<Armed<O, K>>>);

#[derive(Debug)]
struct Armed<O, K> {
    fault: FaultOf<O, K>,
    skip: u32,
    times: Option<u32>,
}

impl<O: PartialEq + Clone, K: Clone> Faults<O, K> {
    pub(crate) fn new(faults: Vec<FaultOf<O, K>>) -> Self {
        Self(Mutex::new(arm(faults)))
    }

    /// Forgets the faults so far, and how often they have hit.
    pub(crate) fn replace(&self, faults: Vec<FaultOf<O, K>>) {
        *self.armed() = arm(faults);
    }

    /// Takes a JSON array of texts, and gives the list back as it was understood.
    pub(crate) fn replace_with_json(&self, body: &[u8]) -> Result<Vec<u8>>
    where
        O: FromStr<Err = Error> + fmt::Display,
        K: FromStr<Err = Error> + fmt::Display,
    {
        let texts: Vec<String> = serde_json::from_slice(body)
            .map_err(|error| anyhow!("An array of texts is expected: {error}"))?;
        let faults = texts.iter().map(|text| text.parse()).collect::<Result<Vec<_>>>()?;
        let texts = faults.iter().map(FaultOf::to_string).collect::<Vec<_>>();
        self.replace(faults);
        Ok(serde_json::to_vec(&texts)?)
    }

    /// Counts a call, and gives the fault that hits it; `None` is a call that only `any` is for.
    pub(crate) fn strike(&self, operation: Option<&O>) -> Option<FaultOf<O, K>> {
        let mut armed = self.armed();
        let due = armed.iter_mut().find_map(|it| it.hits(operation).then_some(&it.fault));
        due.cloned()
    }

    /// No code panics while it holds the lock, so a poisoned one is as good as any.
    fn armed(&self) -> MutexGuard<'_, Vec<Armed<O, K>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn arm<O, K>(faults: Vec<FaultOf<O, K>>) -> Vec<Armed<O, K>> {
    let arm = |fault: FaultOf<O, K>| Armed { skip: fault.skip, times: fault.times, fault };
    faults.into_iter().map(arm).collect()
}

impl<O: PartialEq, K> Armed<O, K> {
    fn hits(&mut self, operation: Option<&O>) -> bool {
        let is_for_it =
            self.fault.operation.is_none() || self.fault.operation.as_ref() == operation;
        if self.times == Some(0) || !is_for_it {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        self.times = self.times.map(|times| times - 1);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_api::{Fault, FaultKind, Operation};

    #[test]
    fn skips_hits_and_is_spent() {
        use Operation::{BeginTransaction as BEGIN, CommitTransaction as COMMIT};

        let texts = ["commit:internal:skip=1:times=2", "any:throttled:skip=1"];
        let faults = Faults::new(texts.map(|text| text.parse::<Fault>().unwrap()).into());
        let hit = |operation| faults.strike(Some(&operation)).map(|fault| fault.kind);
        // The first passes both, the second and third are not seen by the second fault.
        assert_eq!([hit(COMMIT), hit(COMMIT), hit(COMMIT)], {
            [None, Some(FaultKind::Internal), Some(FaultKind::Internal)]
        });
        assert_eq!([hit(COMMIT), hit(BEGIN)], [Some(FaultKind::Throttled); 2]);
        faults.replace(Vec::new());
        assert_eq!(hit(COMMIT), None);
    }

    #[test]
    fn any_alone_hits_a_call_without_an_operation() {
        let texts = ["commit:internal", "any:throttled"];
        let faults = Faults::new(texts.map(|text| text.parse::<Fault>().unwrap()).into());
        assert_eq!(faults.strike(None).map(|fault| fault.kind), Some(FaultKind::Throttled));
    }
}
