// Variables of ES modules: leaky, and clean.
import { keep, kept as mine, lose } from './lib/store.mjs';

let last = '';

export const leaky = async (event) => { keep(event); last = event.customer; return [last, mine.length]; };
export const clean = async (event) => { lose(event); return mine.length; };
