// What is kept in this browser until all is sent: the file, what was changed, and how far it was sent. Never the key.

import type { OpenOptions } from "./types";

export interface Kept {
  file: Blob;
  name: string;
  table: string;
  options: OpenOptions;
  saved: string;
  onDuplicate: string;
  at: number;
}

const STORE = "files";
const ONLY = "current";

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("rowgate", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function run<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await open();
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

export const keep = (kept: Kept) => run("readwrite", (store) => store.put(kept, ONLY));
export const kept = () => run<Kept | undefined>("readonly", (store) => store.get(ONLY));
export const forget = () => run("readwrite", (store) => store.delete(ONLY));
