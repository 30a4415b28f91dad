package dev.tethys.store.archive;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.metrics.BlockImport;
import dev.tethys.store.metrics.BlockInfo;
import dev.tethys.store.metrics.StoredBlock;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Block that is read back and compared with the added samples, series by series, before it becomes
 * part of the store.
 */
public final class VerifiedDraft implements AutoCloseable {
  private final BlockImport.Draft draft;
  private long[] digests = new long[1024];
  private int series;
  private long samples;
  private long given;
  private long minTime = Long.MAX_VALUE;
  private long maxTime = Long.MIN_VALUE;

  /**
   * Written data, verified by reading it again.
   *
   * @param block null if nothing was added below the floor of the import
   * @param samples those in the block
   * @param toHead those appended to the head
   * @param minTime timestamp of the oldest sample in the block
   * @param maxTime timestamp of the newest sample in the block
   * @param checksum checksum over the samples of all series in order
   */
  public record DraftSummary(
      @Nullable BlockInfo block,
      long series,
      long samples,
      long toHead,
      long minTime,
      long maxTime,
      long checksum) {}

  /** Starts a block; as {@link BlockImport#begin}. */
  public VerifiedDraft(
      BlockImport into,
      @Nullable String ulid,
      long minTime,
      long maxTime,
      List<String> sources,
      int level) {
    this.draft = into.begin(ulid, minTime, maxTime, sources, level);
  }

  /** Adds a series; labels ascend from call to call. */
  public void add(Labels labels, SampleBuffer b) {
    int n = draft.add(labels, b);
    given += b.size - n;
    if (n == 0) {
      return;
    }
    if (series == digests.length) {
      digests = Arrays.copyOf(digests, series * 2);
    }
    digests[series++] = SampleDigest.of(labels, b, n);
    samples += n;
    minTime = Math.min(minTime, b.timestamps[0]);
    maxTime = Math.max(maxTime, b.timestamps[n - 1]);
  }

  /**
   * Writes the block, reads it again and makes it part of the store.
   *
   * @throws StorageException CORRUPT when something else was read than was written: the block is
   *     then not there
   */
  public DraftSummary finish() {
    long[] checksum = new long[1];
    BlockInfo info = draft.finish(b -> checksum[0] = verify(b));
    return new DraftSummary(info, series, samples, given, minTime, maxTime, checksum[0]);
  }

  private long verify(StoredBlock b) {
    if (b.size() != series || b.info().samples() != samples) {
      throw wrong(
          "it has " + b.size() + " series and " + b.info().samples() + " samples",
          series + " and " + samples);
    }
    SampleBuffer read = new SampleBuffer();
    long checksum = 0;
    for (int i = 0; i < series; i++) {
      Labels labels = b.labels(i);
      b.read(i, read);
      long digest = SampleDigest.of(labels, read);
      if (digest != digests[i]) {
        throw wrong(
            "series " + labels + " reads back with checksum " + Long.toHexString(digest),
            Long.toHexString(digests[i]));
      }
      checksum = SampleDigest.mix(checksum, digest);
    }
    return checksum;
  }

  private StorageException wrong(String found, String wanted) {
    return new StorageException(
        StorageException.Reason.CORRUPT,
        "block "
            + draft.ulid()
            + " was written but differs from its input: "
            + found
            + ", expected "
            + wanted
            + ". It was removed; check memory and disk of this machine");
  }

  @Override
  public void close() {
    draft.close();
  }
}
