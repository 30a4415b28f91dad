package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.file.FileAccess.WritableFile;
import dev.tethys.store.files.ByteSink;
import java.io.IOException;

/** The chunks file of a block that is being written: groups of chunks and of time sets. */
final class GroupStream {
  private final WritableFile file;
  private final GroupWriter groups;
  private final ByteSink lengths = new ByteSink();
  private int count;

  GroupStream(WritableFile file, GroupWriter groups, boolean summaries) throws IOException {
    this.file = file;
    this.groups = groups;
    byte[] magic = summaries ? BlockLayout.SUMMARY_CHUNKS_MAGIC : BlockLayout.CHUNKS_MAGIC;
    file.write(magic, 0, magic.length);
  }

  /** Writes a group and empties the buffer and returns its number. */
  int write(ByteSink raw, boolean times, BlockSizeBreakdown account) throws IOException {
    int stored = groups.write(raw, file);
    lengths.uvarint((long) stored << 1 | (times ? 1 : 0));
    account.stored(stored);
    raw.clear();
    return count++;
  }

  /** Positions of the groups, for the index. */
  ByteSink directory() {
    ByteSink out = new ByteSink();
    out.uvarint(count);
    out.put(lengths.buf, 0, lengths.size);
    return out;
  }
}
