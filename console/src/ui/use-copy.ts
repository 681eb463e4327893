import { useState } from 'react';

/** How long a button shows that its text was copied. */
const SHOWN_MS = 2_000;

/** Copies texts to the clipboard. @returns whether one was copied a moment ago, and the function that copies. */
export function useCopy(): { isCopied: boolean; copy: (text: string) => Promise<void> } {
  const [isCopied, setIsCopied] = useState(false);
  const copy = async (text: string) => {
    await navigator.clipboard.writeText(text);
    setIsCopied(true);
    setTimeout(() => setIsCopied(false), SHOWN_MS);
  };
  return { isCopied, copy };
}
