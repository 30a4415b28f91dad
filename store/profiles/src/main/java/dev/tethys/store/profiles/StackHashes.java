package dev.tethys.store.profiles;

import dev.tethys.model.profiles.ProfileSymbols;
import dev.tethys.model.profiles.SeededHash;
import dev.tethys.model.profiles.Texts;
import dev.tethys.model.profiles.Tuples;

/**
 * Hashes of stacks by their content, with 128 bits: equal stacks of two symbol tables have equal
 * hashes, and stacks with equal hashes are taken to be equal. The seed is of the process, so that
 * no client can choose two stacks with one hash.
 */
final class StackHashes {
  private static final long SECOND = 0xC2B2AE3D27D4EB4FL; // makes the second half independent

  private final long[] high;
  private final long[] low;

  StackHashes(ProfileSymbols symbols) {
    high = nodes(symbols, 0);
    low = nodes(symbols, SECOND);
  }

  /** First half of the hash of a node of the symbols. */
  long high(int node) {
    return high[node];
  }

  /** Second half of the hash of a node of the symbols. */
  long low(int node) {
    return low[node];
  }

  private static long[] nodes(ProfileSymbols s, long start) {
    Texts texts = s.strings();
    long[] strings = new long[texts.count()];
    for (int i = 0; i < strings.length; i++) {
      strings[i] =
          SeededHash.mix(
              start, SeededHash.of(texts.data(), texts.starts()[i], texts.length(i), start));
    }
    Tuples t = s.mappings();
    long[] mappings = new long[t.count()];
    for (int i = 0; i < mappings.length; i++) {
      long h = start;
      for (int c = 0; c < SymbolCodec.MAPPING; c++) {
        long v = t.get(i, c);
        h = SeededHash.mix(h, c == 3 || c == 4 ? strings[(int) v] : v);
      }
      mappings[i] = h;
    }
    t = s.functions();
    long[] functions = new long[t.count()];
    for (int i = 0; i < functions.length; i++) {
      long h = SeededHash.mix(start, strings[(int) t.get(i, 0)]);
      h = SeededHash.mix(h, strings[(int) t.get(i, 1)]);
      h = SeededHash.mix(h, strings[(int) t.get(i, 2)]);
      functions[i] = SeededHash.mix(h, t.get(i, 3));
    }
    long[] locations = locations(s.locations(), mappings, functions, start);
    t = s.nodes();
    long[] nodes = new long[t.count()];
    nodes[0] = start;
    for (int i = 1; i < nodes.length; i++) {
      nodes[i] = SeededHash.mix(nodes[(int) t.get(i, 0)], locations[(int) t.get(i, 1)]);
    }
    return nodes;
  }

  private static long[] locations(Tuples t, long[] mappings, long[] functions, long start) {
    long[] out = new long[t.count()];
    for (int i = 0; i < out.length; i++) {
      int n = t.length(i);
      long h = SeededHash.mix(start ^ n, mappings[(int) t.get(i, 0)]);
      h = SeededHash.mix(h, t.get(i, 1));
      h = SeededHash.mix(h, t.get(i, 2));
      for (int at = ProfileSymbols.LOCATION_HEAD; at < n; at += ProfileSymbols.LINE) {
        h = SeededHash.mix(h, functions[(int) t.get(i, at)]);
        h = SeededHash.mix(h, t.get(i, at + 1));
        h = SeededHash.mix(h, t.get(i, at + 2));
      }
      out[i] = h;
    }
    return out;
  }
}
