//! What a write would find, by SELECT alone.

use alloc::vec::Vec;

use super::error::StoreError;
use super::form::{ChunkAt, WriteForm, form_for};
use super::lookup::existing_rows;
use super::store::Store;
use super::upsert::Looked;
use crate::aws::host::{Client, Host};
use crate::sql::chunk::Chunk;
use crate::sql::statement::OnDuplicate;
use crate::table::record::Place;

/// Rows that an update would be written over.
#[derive(Default)]
struct Updated {
    places: Vec<Place>,
    superseded: u64,
}

impl Store {
    /// What [`Self::write`] would find, by SELECT alone.
    pub(super) async fn look<H: Host>(&mut self, client: &Client<'_, H>) -> Result<(), StoreError> {
        for at in self.chunk_positions() {
            let (position, number) = at;
            let batch = &self.tables[position].batch;
            let mut updated = Updated::default();
            match self.options.on_duplicate {
                _ if !self.carries_key(at) => {}
                OnDuplicate::Update => updated = self.look_for_update(client, at).await?,
                OnDuplicate::Keep => {
                    let chunk = &batch.groups.chunks[number];
                    let rows = existing_rows(client, batch, chunk, None).await?;
                    self.tables[position].kept += rows.len() as u64;
                }
                OnDuplicate::Fail => {
                    self.trace(client, at, None).await?;
                }
            }
            self.foresee_chunk(client, at, None).await?;
            let rejected = self.rejected_indexes();
            let is_left = |place: &&Place| !rejected.contains(&place.index);
            let left = updated.places.iter().filter(is_left).count() as u64;
            self.tables[position].updated += left + updated.superseded;
        }
        Ok(())
    }

    async fn look_for_update<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        at: ChunkAt,
    ) -> Result<Updated, StoreError> {
        let (position, number) = at;
        if !self.needs_look(position, &self.tables[position].batch.groups.chunks[number]) {
            self.tables[position].is_uncounted = true;
            return Ok(Updated::default());
        }
        let looked = self.look_at(client, at, None).await?;
        let Some(Looked { old, superseded, .. }) = looked else { return Ok(Updated::default()) };
        Ok(Updated { places: (0..old.rows()).map(|row| old.place(row)).collect(), superseded })
    }

    /// Rejects the rows of a chunk that the constraints of their table will refuse.
    pub(super) async fn foresee_chunk<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        at: ChunkAt,
        id: Option<&str>,
    ) -> Result<(), StoreError> {
        let (position, number) = at;
        let batch = &self.tables[position].batch;
        if batch.table.constraints.unique.is_empty()
            && batch.table.constraints.foreign.is_empty()
            && self.options.key.is_none()
        {
            return Ok(());
        }
        let chunk: Chunk = batch.groups.chunks[number].clone();
        let form = match self.carries_key(at) {
            true => form_for(self.options.on_duplicate),
            false => WriteForm::Insert,
        };
        if chunk.rows() > 0 {
            self.foresee(client, position, (&chunk, form), id).await?;
        }
        Ok(())
    }
}
