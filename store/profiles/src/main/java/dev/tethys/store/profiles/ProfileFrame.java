package dev.tethys.store.profiles;

import dev.tethys.model.Labels;
import dev.tethys.model.profiles.ProfileBatch;
import dev.tethys.model.profiles.ProfileRows;
import dev.tethys.model.profiles.ProfileSymbols;
import dev.tethys.model.profiles.Samples;
import dev.tethys.model.profiles.SymbolCopier;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;

/**
 * Profiles in a frame of the write-ahead log, after the tenant's name.
 *
 * <pre>
 * 1 byte version 1,
 * symbols, see {@link SymbolCodec#write};
 * uvarint series, then for each: uvarint length, canonical labels;
 * uvarint profiles, then for each: uvarint series, svarint time, svarint duration, svarint period,
 *   uvarint attributes, uvarint samples, then for each: svarint stack - that of the sample before,
 *   uvarint attributes, svarint value
 * </pre>
 */
final class ProfileFrame {
  private static final int VERSION = 1;

  private ProfileFrame() {}

  /** Writes the profiles of a batch that are not rejected. */
  static void write(ProfileBatch batch, boolean[] refused, int stored, ByteSink out) {
    out.putByte(VERSION);
    ProfileSymbols symbols = batch.symbols.view();
    SymbolCodec.write(symbols, out);
    out.uvarint(batch.series.size());
    for (Labels l : batch.series) {
      out.putSized(l.canonicalBytes());
    }
    out.uvarint(stored);
    ProfileRows rows = batch.rows;
    for (int r = 0; r < rows.count; r++) {
      if (!refused[r]) {
        out.uvarint(rows.series[r]);
        out.svarint(rows.times[r]);
        out.svarint(rows.durations[r]);
        out.svarint(rows.periods[r]);
        out.uvarint(rows.metas[r]);
        out.uvarint(rows.samples[r]);
        out.put(rows.bytes, rows.starts[r], rows.starts[r + 1] - rows.starts[r]);
      }
    }
  }

  /** Adds the profiles of a frame to a head. */
  static void replay(ByteSource in, ProfileHead head) {
    int version = in.getByte();
    if (version != VERSION) {
      throw new CorruptionException("frame of profiles has version " + version);
    }
    ProfileSymbols symbols = SymbolCodec.read(in);
    SymbolCopier copier = new SymbolCopier(symbols, head.symbols);
    int[] series = new int[in.count()];
    for (int i = 0; i < series.length; i++) {
      series[i] = head.series(Labels.ofCanonicalBytes(in.sized()));
    }
    Samples samples = new Samples();
    long lastNode = symbols.nodes().count() - 1L;
    long lastSet = symbols.attributes().count() - 1L;
    for (int n = in.count(); n > 0; n--) {
      int s = series[in.count(series.length - 1L)];
      long time = in.svarint();
      long duration = in.svarint();
      long period = in.svarint();
      int meta = copier.attributes(in.count(lastSet));
      samples.clear();
      long stack = 0;
      for (int remaining = in.count(); remaining > 0; remaining--) {
        stack += in.svarint();
        if (stack < 0 || stack > lastNode) {
          throw new CorruptionException("frame of profiles has a sample of stack " + stack);
        }
        int set = copier.attributes(in.count(lastSet));
        samples.add(copier.node((int) stack), set, in.svarint());
      }
      samples.normalize();
      head.add(s, time, duration, period, meta, samples);
    }
  }

  /**
   * Adds the profiles of a batch that are not rejected to a head.
   *
   * @param buffers buffers with the stack hashes of the batch
   */
  static void apply(
      ProfileBatch batch, boolean[] refused, AppendBuffers buffers, ProfileHead head) {
    ProfileSymbols symbols = batch.symbols.view();
    SymbolCopier copier = new SymbolCopier(symbols, head.symbols);
    int[] nodes = buffers.zeros(symbols.nodes().count()); // node of the head + 1, 0 if not known
    Samples samples = buffers.samples;
    ProfileRows rows = batch.rows;
    for (int r = 0; r < rows.count; r++) {
      if (refused[r]) {
        continue;
      }
      rows.read(r, samples);
      for (int i = 0; i < samples.count; i++) {
        int stack = samples.stacks[i];
        if (nodes[stack] == 0) {
          nodes[stack] = node(stack, buffers.hashes, copier, head) + 1;
        }
        samples.stacks[i] = nodes[stack] - 1;
        samples.attributes[i] = copier.attributes(samples.attributes[i]);
      }
      samples.normalize();
      head.add(
          head.series(batch.series.get(rows.series[r])),
          rows.times[r],
          rows.durations[r],
          rows.periods[r],
          copier.attributes(rows.metas[r]),
          samples);
    }
  }

  private static int node(int stack, StackHashes hashes, SymbolCopier copier, ProfileHead head) {
    long high = hashes.high(stack);
    long low = hashes.low(stack);
    int known = head.stacks.find(high, low);
    if (known < 0) {
      known = copier.node(stack);
      head.stacks.add(high, low, known);
    }
    return known;
  }
}
