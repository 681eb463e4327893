import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto';

/**
 * The stored format: version, key ID, nonce, tag, ciphertext (AES-256-GCM, NIST SP 800-38D). The version and the key ID
 * distinguish a later format and another key from corrupted data.
 */
const VERSION = 1;
const KEY_ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + KEY_ID_BYTES;

/** The value was encrypted with another key, has an unknown format, or was changed. */
export class CannotDecrypt extends Error {
  override name = 'CannotDecrypt';
}

/** Encrypts secrets for storage, with a key that is not stored in the database. */
export class SecretBox {
  readonly #key: Uint8Array;
  readonly #header: Buffer;

  /** @param key 32 bytes. */
  constructor(key: Uint8Array) {
    this.#key = key;
    this.#header = Buffer.concat([Buffer.of(VERSION), hash('sha256', key, 'buffer').subarray(0, KEY_ID_BYTES)]);
  }

  encrypt(text: string): Uint8Array {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: TAG_BYTES }).setAAD(this.#header);
    const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([this.#header, nonce, cipher.getAuthTag(), encrypted]);
  }

  /** @throws CannotDecrypt */
  decrypt(stored: Uint8Array): string {
    const bytes = Buffer.from(stored);
    const slice = (start: number, length?: number) => bytes.subarray(start, length && start + length);
    if (!slice(0, HEADER_BYTES).equals(this.#header))
      throw new CannotDecrypt('it was encrypted with another SECRET_KEY');
    const nonce = slice(HEADER_BYTES, NONCE_BYTES);
    const tag = slice(HEADER_BYTES + NONCE_BYTES, TAG_BYTES);
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(this.#header).setAuthTag(tag);
      const encrypted = slice(HEADER_BYTES + NONCE_BYTES + TAG_BYTES);
      return Buffer.concat([decipher.update(encrypted), decipher.final()]).toString('utf8');
    } catch (cause) {
      throw new CannotDecrypt('the stored value was changed', { cause });
    }
  }
}
