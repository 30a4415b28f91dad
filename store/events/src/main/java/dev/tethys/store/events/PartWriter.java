package dev.tethys.store.events;

import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.FileAccess.WritableFile;
import dev.tethys.store.files.ByteSink;
import java.io.IOException;
import java.nio.file.Path;

/** Writes a part file, see {@link PartFormat}. Not thread-safe. */
public final class PartWriter implements AutoCloseable {
  /** First section number of the footer that a signal may use. */
  public static final int SIGNAL_SECTIONS = 16;

  private final WritableFile file;
  private final String tenant;
  private final long id;
  private final long partition;
  private final long generation;
  private final SectionWriter footer = new SectionWriter(1);
  private final ByteSink index = new ByteSink(1 << 10);
  private int blocks;
  private long rows;
  private long bytes;
  private long first = Long.MAX_VALUE;
  private long last = Long.MIN_VALUE;
  private boolean footerBegun;

  PartWriter(FileAccess files, Path path, String tenant, long id, long partition, long generation)
      throws IOException {
    this.file = files.create(path);
    this.tenant = tenant;
    this.id = id;
    this.partition = partition;
    this.generation = generation;
    file.write(PartFormat.MAGIC, 0, PartFormat.MAGIC.length);
  }

  /** Appends a block with its filter, which may be empty. */
  public void block(
      ByteSink block, ByteSink filter, long blockRows, long blockBytes, long from, long to)
      throws IOException {
    file.write(block.buf, 0, block.size);
    file.write(filter.buf, 0, filter.size);
    blocks++;
    rows += blockRows;
    bytes += blockBytes;
    first = Math.min(first, from);
    last = Math.max(last, to);
    index.uvarint(block.size);
    index.uvarint(filter.size);
    index.putInt(ByteSink.crc(filter.buf, 0, filter.size));
    index.uvarint(blockRows);
    index.uvarint(blockBytes);
    index.putLong(from);
    index.putLong(to);
  }

  /** Adds a section of the signal to the footer, after all blocks. */
  public void section(int number, ByteSink raw) {
    if (!footerBegun) {
      footer.begin();
      footerBegun = true;
    }
    footer.add(number, raw);
  }

  /** Ends the file and makes it durable. */
  PartEntry finish() throws IOException {
    ByteSink s = new ByteSink(256);
    s.putString(tenant);
    s.uvarint(id);
    s.svarint(partition);
    s.uvarint(generation);
    s.uvarint(rows);
    s.uvarint(bytes);
    s.putLong(first);
    s.putLong(last);
    section(PartFormat.INFO, s);
    s.clear();
    s.uvarint(blocks);
    s.put(index.buf, 0, index.size);
    section(PartFormat.BLOCKS, s);
    s.clear();
    footer.end(s);
    int length = s.size;
    file.write(s.buf, 0, length);
    file.write(s.buf, 0, length);
    s.clear();
    for (int copy = 0; copy < 2; copy++) {
      s.putInt(length);
      s.putInt(~length);
    }
    s.put(PartFormat.MAGIC, 0, PartFormat.MAGIC.length);
    file.write(s.buf, 0, s.size);
    file.force();
    return new PartEntry(
        tenant, id, partition, generation, file.position(), rows, bytes, first, last);
  }

  @Override
  public void close() throws IOException {
    footer.close();
    file.close();
  }
}
