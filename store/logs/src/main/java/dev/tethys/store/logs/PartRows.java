package dev.tethys.store.logs;

import dev.tethys.store.events.DeletionMark;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.logs.block.LogBlock;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Copies the rows of a part into a head, for merges. */
final class PartRows {
  private PartRows() {}

  /** Condition on the stream number and the time of a row. */
  interface RowTest {
    boolean test(int stream, long time);
  }

  /**
   * Copies the rows that have not expired and that no mark deletes.
   *
   * @throws CorruptionException if a block is damaged; the part is then to be kept
   */
  static void copy(LogPart part, List<DeletionMark> marks, RowTest expired, LogHead to) {
    List<DeletionCondition> conditions = new ArrayList<>();
    List<SelectedStreams> selected = new ArrayList<>();
    for (DeletionMark m : marks) {
      DeletionCondition c = DeletionCondition.decode(m.condition());
      conditions.add(c);
      selected.add(new SelectedStreams(to.streams(), c.matchers()));
    }
    LogPart.Streams index = part.streams(to.streams());
    ByteSink body = new ByteSink(1 << 10);
    ByteSink value = new ByteSink(256);
    for (int block = 0; block < part.file().blocks(); block++) {
      try {
        LogBlock b = part.blockOnce(block);
        List<byte[]> names = b.metadataNames();
        int[] nameNumbers = new int[names.size()];
        String[] nameTexts = new String[names.size()];
        for (int i = 0; i < nameNumbers.length; i++) {
          nameTexts[i] = new String(names.get(i), StandardCharsets.UTF_8);
          nameNumbers[i] = to.name(nameTexts[i]);
        }
        int at = index.blocks()[block];
        for (int t = 0; t < b.templateCount(); t++) {
          for (int r = b.firstRow(t); r < b.firstRow(t + 1); r++) {
            int stream = index.numbers()[index.stream()[at + b.streamIndexes()[r]]];
            long time = b.times()[r];
            if (expired.test(stream, time)) {
              continue;
            }
            b.appendBody(t, r, body.clear());
            boolean deleted = false;
            for (int m = 0; m < marks.size() && !deleted; m++) {
              deleted =
                  time >= marks.get(m).from()
                      && time < marks.get(m).to()
                      && selected.get(m).of(stream) >= 0
                      && RowFilter.line(conditions.get(m).filter().lines(), body.buf, 0, body.size)
                      && RowFilter.metadata(
                          conditions.get(m).filter().metadata(), nameTexts, b, r, value);
            }
            if (deleted) {
              continue;
            }
            to.add(time, stream, body.buf, 0, body.size);
            for (int n = 0; n < nameNumbers.length; n++) {
              if (b.appendMetadata(n, r, value.clear())) {
                to.metadata(nameNumbers[n], value.buf, 0, value.size);
              }
            }
          }
        }
        b.release();
      } catch (CorruptionException e) {
        throw part.file().damaged(block, e);
      }
    }
  }
}
