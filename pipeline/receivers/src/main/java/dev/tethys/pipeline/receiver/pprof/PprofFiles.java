package dev.tethys.pipeline.receiver.pprof;

import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.codec.pprof.PprofBatchReader;
import dev.tethys.codec.pprof.PprofReader;
import dev.tethys.codec.pprof.PprofReader.Named;
import dev.tethys.model.UnixNanos;
import dev.tethys.model.profiles.ProfileBatch;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Pprof files of one request. They are read into the format of the profile store, which also
 * validates them; other consumers get them as OTLP, converted on demand. Not thread-safe.
 */
public final class PprofFiles {
  private final int maxBytes;
  private final List<PprofFile> files = new ArrayList<>();
  private final ProfileBatch profiles = ProfileBatch.empty();
  private long bytes;
  private int samples;

  @SuppressWarnings("ArrayRecordComponent") // not compared
  private record PprofFile(
      byte[] body,
      Map<String, Named> names,
      Map<String, String> resource,
      Map<String, String> attributes) {}

  /**
   * Creates an empty request.
   *
   * @param maxBytes the largest uncompressed file
   */
  public PprofFiles(int maxBytes) {
    this.maxBytes = maxBytes;
  }

  /**
   * Adds a file, plain or gzipped. A rejected file leaves the request unchanged.
   *
   * @param names requested types and their names; empty for all types under their own names
   * @throws dev.tethys.codec.CodecException if the file is not readable
   */
  public void add(
      byte[] body,
      Map<String, Named> names,
      Map<String, String> resource,
      Map<String, String> attributes) {
    PprofBatchReader.Added added =
        PprofBatchReader.read(
            body, maxBytes, names, resource, attributes, UnixNanos.now(), profiles);
    samples = Math.addExact(samples, added.samples());
    bytes += added.bytes();
    files.add(new PprofFile(body, names, resource, attributes));
  }

  /** Returns the number of samples. */
  public int samples() {
    return samples;
  }

  /** Returns the files as a batch; none may be added afterwards. */
  public Batch batch(Metadata metadata) {
    int about = (int) Math.min(Integer.MAX_VALUE, bytes);
    return Batch.ofProfiles(profiles, this::otlp, samples, about, metadata);
  }

  private byte[] otlp() {
    ProfilesWriter out = new ProfilesWriter();
    for (PprofFile f : files) {
      out.resource(f.resource);
      PprofReader.read(f.body, maxBytes, f.names, f.attributes, out);
    }
    return out.toByteArray();
  }
}
