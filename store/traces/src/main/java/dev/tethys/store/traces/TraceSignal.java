package dev.tethys.store.traces;

import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.store.events.ColumnCache;
import dev.tethys.store.events.DeletionMark;
import dev.tethys.store.events.EventSignal;
import dev.tethys.store.events.PartFile;
import dev.tethys.store.events.PartSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.traces.block.ChunkScan;
import dev.tethys.store.traces.block.SpanBlock;
import dev.tethys.store.traces.block.SpanCopier;
import dev.tethys.store.traces.block.SpanFrame;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Spans as a signal of the engine of events. */
final class TraceSignal implements EventSignal<TraceHead, TraceHead.Snapshot, TracePart> {
  private static final long EXPIRE_SECONDS = 300;

  private final ColumnCache columns = ColumnCache.ofHeap();
  private TracePartBuilder.@Nullable Workspace workspace; // for the thread that writes parts

  @Override
  public TraceHead createHead(String tenant) {
    return new TraceHead();
  }

  @Override
  public void replay(TraceHead head, ByteSource frame) {
    byte[] bytes = frame.bytes(frame.remaining());
    head.add(frame(bytes, SpanFrame.read(new ByteSource(bytes))));
  }

  static TraceHead.Frame frame(byte[] bytes, SpanBatch b) {
    long first = Long.MAX_VALUE;
    long last = Long.MIN_VALUE;
    for (int s = 0; s < b.spans; s++) {
      first = Math.min(first, b.start[s]);
      last = Math.max(last, b.start[s]);
    }
    return new TraceHead.Frame(bytes, b.spans, first, last);
  }

  @Override
  public TracePart open(PartFile file) {
    return new TracePart(file, columns);
  }

  @Override
  public void flush(TraceHead head, PartSink sink) throws IOException {
    write(head.snapshot().chunks(), sink);
  }

  private void write(List<? extends TracePartBuilder.Source> chunks, PartSink sink)
      throws IOException {
    TracePartBuilder.Workspace w = workspace;
    if (w == null) {
      w = new TracePartBuilder.Workspace();
      workspace = w;
    }
    boolean written = false;
    try {
      new TracePartBuilder(chunks, w).write(sink);
      written = true;
    } finally {
      if (!written) {
        idle(); // its state is unknown
      }
    }
  }

  @Override
  public void idle() {
    columns.expire(EXPIRE_SECONDS);
    TracePartBuilder.Workspace w = workspace;
    workspace = null;
    if (w != null) {
      w.close();
    }
  }

  /** Decodes the blocks of the parts, without the rows that are deleted, and writes the rows. */
  @Override
  public void merge(
      String tenant, List<TracePart> parts, List<List<DeletionMark>> deletions, PartSink sink)
      throws IOException {
    List<TracePartBuilder.Decoded> chunks = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      TracePart part = parts.get(i);
      for (int b = 0; b < part.file().blocks(); b++) {
        try {
          SpanBlock block = part.blockOnce(b);
          SpanBatch all = block.batch();
          long[] hidden = HiddenSpans.of(deletions.get(i)).mask(block);
          chunks.add(new TracePartBuilder.Decoded(hidden == null ? all : without(all, hidden)));
          block.release();
        } catch (CorruptionException e) {
          throw part.file().damaged(b, e);
        }
      }
    }
    write(chunks, sink);
  }

  private static SpanBatch without(SpanBatch all, long[] hidden) {
    SpanBatch out = new SpanBatch();
    SpanCopier copier = new SpanCopier(all, out, new SpanCopier.Groups(out));
    for (int s = 0; s < all.spans; s++) {
      if ((hidden[s >>> 6] >>> s & 1) == 0) {
        copier.copy(s);
      }
    }
    return out;
  }

  @Override
  public boolean mayHold(TracePart part, DeletionMark mark) {
    SpanFilter filter = SpanCondition.decode(mark.condition());
    for (int b = 0; b < part.file().blocks(); b++) {
      if (part.file().first(b) < mark.to()
          && part.file().last(b) >= mark.from()
          && BlockPruning.mayFit(part, b, filter)) {
        try {
          SpanBlock block = part.blockOnce(b);
          ChunkScan scan = new ChunkScan(block);
          long[] fit = scan.select(filter, scan.inRange(mark.from(), mark.to()));
          block.release();
          for (long w : fit) {
            if (w != 0) {
              return true;
            }
          }
        } catch (CorruptionException e) {
          throw part.file().damaged(b, e);
        }
      }
    }
    return false;
  }
}
