package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.file.FileAccess.WritableFile;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import java.io.IOException;

/**
 * Writes the index file of a block: pages as they are completed, then the sections that locate
 * them.
 */
final class IndexWriter {
  private final WritableFile file;
  private final GroupWriter groups;
  private final BlockSizeBreakdown account = new BlockSizeBreakdown();
  private final ByteSink[] sections = new ByteSink[BlockLayout.SECTIONS];

  IndexWriter(WritableFile file, GroupWriter groups) throws IOException {
    this.file = file;
    this.groups = groups;
    file.write(BlockLayout.INDEX_MAGIC, 0, BlockLayout.INDEX_MAGIC.length);
  }

  /** Returns the size breakdown of the data written so far. */
  BlockSizeBreakdown account() {
    return account;
  }

  /** Sets the content of a section. */
  void section(int number, String part, ByteSink content) {
    sections[number] = content;
    account.written(part, content.size + 20L);
  }

  /** Writes all series. */
  void series(LabelTable.Ordered labels, ByteSource refs, int count) throws IOException {
    ByteSink directory = new ByteSink();
    directory.uvarint((count + BlockLayout.SERIES_PAGE - 1) / BlockLayout.SERIES_PAGE);
    directory.uvarint(file.position());
    ByteSink page = new ByteSink();
    SeriesPage series = new SeriesPage();
    for (int from = 0; from < count; from += BlockLayout.SERIES_PAGE) {
      int n = Math.min(BlockLayout.SERIES_PAGE, count - from);
      page.clear();
      series.begin(n, page);
      for (int i = 0; i < n; i++) {
        series.labels(labels.nextSeries());
        series.chunks(refs);
      }
      series.end(page, account);
      int stored = groups.write(page, file);
      account.stored(stored);
      directory.uvarint(stored);
    }
    section(BlockLayout.SERIES_DIRECTORY, SizeShare.DIRECTORY, directory);
  }

  /** Writes the series of all labels. */
  void postings(LabelTable.Ordered labels) throws IOException {
    ByteSink entries = new ByteSink();
    ByteSink body = new ByteSink();
    ByteSink page = new ByteSink();
    long start = file.position();
    int pages = 0;
    int at = 0;
    while (at < labels.size()) {
      body.clear();
      int first = at;
      while (at < labels.size() && body.size < BlockLayout.POSTINGS_BYTES) {
        labels.postings(at++, body);
      }
      page.clear();
      page.uvarint(first);
      page.uvarint(at - first);
      page.put(body.buf, 0, body.size);
      int stored = groups.write(page, file);
      account.written(SizeShare.POSTINGS, stored);
      entries.uvarint(at - first);
      entries.uvarint(stored);
      pages++;
    }
    ByteSink directory = new ByteSink();
    directory.uvarint(pages);
    directory.uvarint(start);
    directory.put(entries.buf, 0, entries.size);
    section(BlockLayout.POSTINGS_DIRECTORY, SizeShare.POSTINGS, directory);
  }

  /** Writes the sections and the footer. */
  void finish() throws IOException {
    ByteSink footer = new ByteSink();
    for (ByteSink s : sections) {
      footer.putLong(file.position());
      footer.putLong(s.size);
      footer.putInt(ByteSink.crc(s.buf, 0, s.size));
      file.write(s.buf, 0, s.size);
    }
    footer.putInt(ByteSink.crc(footer.buf, 0, footer.size));
    footer.put(BlockLayout.INDEX_MAGIC, 0, BlockLayout.INDEX_MAGIC.length);
    file.write(footer.buf, 0, footer.size);
  }
}
