package dev.tethys.store.profiles;

import dev.tethys.model.profiles.ProfileSymbols;
import dev.tethys.model.profiles.SeededHash;
import dev.tethys.model.profiles.Texts;
import dev.tethys.model.profiles.Tuples;

/**
 * Hashes of stacks by content, with 128 bits. Equal stacks of two symbol tables have equal hashes,
 * and {@link StackIndex} treats stacks with equal hashes as equal. The seed is specific to the
 * process, so that no client can construct two stacks with one hash.
 */
final class StackHashes {
  private static final long FIRST = 0;
  private static final long SECOND = 0xC2B2AE3D27D4EB4FL; // makes the second half independent

  // Both halves of the hashes of the rows of each table, the first at 2 i.
  private long[] strings = {};
  private long[] mappings = {};
  private long[] functions = {};
  private long[] locations = {};
  private long[] nodes = {};

  /** Computes the stack hashes of a table, replacing those of the previous table. */
  StackHashes read(ProfileSymbols symbols) {
    strings(symbols.strings());
    mappings(symbols.mappings());
    functions(symbols.functions());
    locations(symbols.locations());
    nodes(symbols.nodes());
    return this;
  }

  /** Returns the length of the arrays in bytes. */
  long capacity() {
    int rows = strings.length + mappings.length + functions.length;
    return 8L * (rows + locations.length + nodes.length);
  }

  private static long[] room(long[] before, int rows) {
    return before.length >= 2 * rows ? before : new long[2 * rows];
  }

  /** Returns the first half of the hash of a symbol node. */
  long high(int node) {
    return nodes[2 * node];
  }

  /** Returns the second half of the hash of a symbol node. */
  long low(int node) {
    return nodes[2 * node + 1];
  }

  // Both halves are computed in one pass: the processor computes them side by side.

  private void strings(Texts texts) {
    int end = 2 * texts.count();
    long[] out = room(strings, texts.count());
    strings = out;
    for (int i = 0; i < end; i += 2) {
      int start = texts.starts()[i >> 1];
      SeededHash.of(texts.data(), start, texts.length(i >> 1), FIRST, SECOND, out, i);
    }
  }

  private void mappings(Tuples t) {
    int end = 2 * t.count();
    long[] out = room(mappings, t.count());
    mappings = out;
    for (int i = 0; i < end; i += 2) {
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
  }

  private void functions(Tuples t) {
    long[] data = t.data();
    int rows = 2 * t.count();
    long[] out = room(functions, t.count());
    functions = out;
    for (int i = 0; i < rows; i += 2) {
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
  }

  private void locations(Tuples t) {
    long[] data = t.data();
    int rows = 2 * t.count();
    long[] out = room(locations, t.count());
    locations = out;
    for (int i = 0; i < rows; i += 2) {
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
  }

  private void nodes(Tuples t) {
    long[] data = t.data(); // row i starts at 2 i
    int end = 2 * t.count();
    long[] out = room(nodes, t.count());
    nodes = out;
    out[0] = FIRST;
    out[1] = SECOND;
    for (int i = 2; i < end; i += 2) {
      int parent = 2 * (int) data[i];
      int location = 2 * (int) data[i + 1];
      out[i] = SeededHash.mix(out[parent], locations[location]);
      out[i + 1] = SeededHash.mix(out[parent + 1], locations[location + 1]);
    }
  }
}
