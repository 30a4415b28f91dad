package dev.tethys.store.profiles;

import dev.tethys.model.profiles.ProfileSymbols;
import dev.tethys.model.profiles.SeededHash;
import dev.tethys.model.profiles.Texts;
import dev.tethys.model.profiles.Tuples;

/**
 * Hashes of stacks by their content, with 128 bits. Equal stacks of two symbol tables have equal
 * hashes, and {@link StackIndex} takes stacks with equal hashes to be equal. The seed is of the
 * process, so that no client can choose two stacks with one hash.
 */
final class StackHashes {
  private static final long FIRST = 0;
  private static final long SECOND = 0xC2B2AE3D27D4EB4FL; // makes the second half independent

  /** Both halves of the hashes of the rows of a table, the first at {@code 2 i}. */
  private final long[] nodes;

  StackHashes(ProfileSymbols symbols) {
    long[] strings = strings(symbols.strings());
    long[] mappings = mappings(symbols.mappings(), strings);
    long[] functions = functions(symbols.functions(), strings);
    nodes = nodes(symbols.nodes(), locations(symbols.locations(), mappings, functions));
  }

  /** First half of the hash of a node of the symbols. */
  long high(int node) {
    return nodes[2 * node];
  }

  /** Second half of the hash of a node of the symbols. */
  long low(int node) {
    return nodes[2 * node + 1];
  }

  // Both halves are computed in one pass: the processor computes them side by side.

  private static long[] strings(Texts texts) {
    long[] out = new long[2 * texts.count()];
    for (int i = 0; i < out.length; i += 2) {
      int start = texts.starts()[i >> 1];
      SeededHash.of(texts.data(), start, texts.length(i >> 1), FIRST, SECOND, out, i);
    }
    return out;
  }

  private static long[] mappings(Tuples t, long[] strings) {
    long[] out = new long[2 * t.count()];
    for (int i = 0; i < out.length; i += 2) {
      long high = FIRST;
      long low = SECOND;
      for (int c = 0; c < SymbolCodec.MAPPING; c++) {
        long v = t.get(i >> 1, c);
        boolean isText = c == 3 || c == 4;
        high = SeededHash.mix(high, isText ? strings[2 * (int) v] : v);
        low = SeededHash.mix(low, isText ? strings[2 * (int) v + 1] : v);
      }
      out[i] = high;
      out[i + 1] = low;
    }
    return out;
  }

  private static long[] functions(Tuples t, long[] strings) {
    long[] data = t.data();
    long[] out = new long[2 * t.count()];
    for (int i = 0; i < out.length; i += 2) {
      long high = FIRST;
      long low = SECOND;
      int at = t.starts()[i >> 1];
      for (int c = 0; c < 3; c++) {
        int text = 2 * (int) data[at + c];
        high = SeededHash.mix(high, strings[text]);
        low = SeededHash.mix(low, strings[text + 1]);
      }
      out[i] = SeededHash.mix(high, data[at + 3]);
      out[i + 1] = SeededHash.mix(low, data[at + 3]);
    }
    return out;
  }

  private static long[] locations(Tuples t, long[] mappings, long[] functions) {
    long[] data = t.data();
    long[] out = new long[2 * t.count()];
    for (int i = 0; i < out.length; i += 2) {
      int at = t.starts()[i >> 1];
      int end = t.starts()[(i >> 1) + 1];
      int mapping = 2 * (int) data[at];
      long high = SeededHash.mix(FIRST ^ end - at, mappings[mapping]);
      long low = SeededHash.mix(SECOND ^ end - at, mappings[mapping + 1]);
      high = SeededHash.mix(SeededHash.mix(high, data[at + 1]), data[at + 2]);
      low = SeededHash.mix(SeededHash.mix(low, data[at + 1]), data[at + 2]);
      for (int l = at + ProfileSymbols.LOCATION_HEAD; l < end; l += ProfileSymbols.LINE) {
        int function = 2 * (int) data[l];
        high = SeededHash.mix(high, functions[function]);
        low = SeededHash.mix(low, functions[function + 1]);
        high = SeededHash.mix(SeededHash.mix(high, data[l + 1]), data[l + 2]);
        low = SeededHash.mix(SeededHash.mix(low, data[l + 1]), data[l + 2]);
      }
      out[i] = high;
      out[i + 1] = low;
    }
    return out;
  }

  private static long[] nodes(Tuples t, long[] locations) {
    long[] data = t.data(); // row i starts at 2 i
    long[] out = new long[2 * t.count()];
    out[0] = FIRST;
    out[1] = SECOND;
    for (int i = 2; i < out.length; i += 2) {
      int parent = 2 * (int) data[i];
      int location = 2 * (int) data[i + 1];
      out[i] = SeededHash.mix(out[parent], locations[location]);
      out[i + 1] = SeededHash.mix(out[parent + 1], locations[location + 1]);
    }
    return out;
  }
}
