"""The state machines of a backup and a restore, played by hand on the Lambda's real binary."""

BACKUP = {"rowgate": "bulk_backup"}
RESTORE = {"rowgate": "bulk_restore"}

# What a restore's steps hand on.
FILES = ("sources", "notes", "loads_since")
COMPARED = (*FILES, "tables", "attempt", "swapped", "ending", "force")


class Backup:
    """One run: opened, and ready for its parts in any order."""

    def __init__(self, files, **options):
        self.files = files
        self.opened = files.invoke(BACKUP | {"step": "open", **options})
        self.items = self.opened["items"]

    def event(self, item):
        carried = {name: self.opened[name] for name in ("run", "codec", "bucket")}
        return BACKUP | {"step": "part", "item": item, **carried}

    def part(self, item):
        return self.files.invoke(self.event(item))

    def end(self, done):
        names = ("run", "started", "codec", "tables", "keep", "bucket")
        carried = {name: self.opened[name] for name in names}
        return BACKUP | {"step": "finish", "done": done, **carried}

    def finish(self, done):
        return self.files.invoke(self.end(done))


def back_up(files, **options):
    """A whole run; answers what its end does."""
    run = Backup(files, **options)
    return run.finish([run.part(item) for item in run.items])


class Restore:
    """One restore: opened, with its staging tables made."""

    def __init__(self, files, *sources, **options):
        self.files = files
        self.opened = files.invoke(RESTORE | {"step": "open", "sources": sources, **options})
        self.id = self.opened["id"]
        self.items = self.opened["items"]

    def event(self, item):
        carried = {"id": self.id, "run": self.opened["run"], "bucket": self.opened["bucket"]}
        return RESTORE | {"step": "part", "item": item, **carried}

    def part(self, item):
        return self.files.invoke(self.event(item))

    def parts(self, items):
        return [self.part(item) for item in items]

    def comparison(self, done):
        return self.next("compare", self.opened, done, "run", *FILES, "tables", "ending", "force")

    def compare(self, done):
        return self.files.invoke(self.comparison(done))

    def next(self, step, answer, done, *names):
        carried = {name: answer[name] for name in ("id", *names, "bucket")}
        return RESTORE | {"step": step, "done": done} | carried

    def end(self, compared, done):
        return self.next("finish", compared, done, *COMPARED)

    def try_swap(self, compared, done):
        return self.files.invoke(self.end(compared, done))

    def report(self, swapped, done):
        return self.files.invoke(self.next("report", swapped, done, *COMPARED))

    def finish(self, compared, done):
        """Tries to swap the tables until they are, and looks at what was live before."""
        while not compared["swapped"]:
            compared = self.try_swap(compared, done)
            done = self.parts(compared["items"])
        return self.report(compared, done)


def restore(files, *sources, **options):
    """A whole restore; answers what its end does."""
    machine = Restore(files, *sources, **options)
    compared = machine.compare(machine.parts(machine.items))
    return machine.finish(compared, machine.parts(compared["items"]))
