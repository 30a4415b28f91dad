package dev.tethys.store.traces;

import dev.tethys.model.traces.SpanBatch;
import dev.tethys.store.events.EventHead;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.traces.block.SpanCopier;
import dev.tethys.store.traces.block.SpanFrame;
import java.lang.ref.SoftReference;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Spans of a tenant in memory, as received frames; small ones in groups that are decoded together.
 */
final class TraceHead implements EventHead<TraceHead.Snapshot> {
  private static final int GROUP_SPANS = 4096;
  private static final int FRAME_BYTES = 64; // of the objects around a frame
  private static final int KEYS = 32; // bytes of a span while its head is written

  /**
   * Frame of an append.
   *
   * @param bytes spans encoded as {@link SpanFrame}
   * @param first start of the oldest span
   * @param last start of the newest span
   */
  @SuppressWarnings("ArrayRecordComponent") // never changed
  record Frame(byte[] bytes, int spans, long first, long last) {}

  /** Frames with the spans that were decoded from them last. */
  private static final class Group {
    final List<Frame> frames = new ArrayList<>();
    int spans;
    private @Nullable List<Frame> decodedFrames;
    private @Nullable SoftReference<SpanBatch> decoded;

    /** Spans of frames that a snapshot has seen. */
    synchronized SpanBatch decode(List<Frame> of) {
      SpanBatch known = decoded == null ? null : decoded.get();
      if (known != null && of.equals(decodedFrames)) {
        return known;
      }
      SpanBatch b = join(of);
      decodedFrames = of;
      decoded = new SoftReference<>(b);
      return b;
    }
  }

  private final List<Group> groups = new ArrayList<>();
  private long bytes;
  private long rows;

  /** Adds the spans of a frame. */
  void add(Frame frame) {
    Group last = groups.isEmpty() ? null : groups.getLast();
    if (last == null || last.spans + frame.spans > GROUP_SPANS) {
      last = new Group();
      groups.add(last);
    }
    last.frames.add(frame);
    last.spans += frame.spans;
    bytes += memory(frame);
    rows += frame.spans;
  }

  private static long memory(Frame f) {
    return f.bytes.length + (long) KEYS * f.spans + FRAME_BYTES;
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public long rows() {
    return rows;
  }

  @Override
  public void truncate(long to) {
    while (rows > to) {
      Group last = groups.getLast();
      if (last.frames.isEmpty()) { // memory was short for an append
        groups.removeLast();
        continue;
      }
      Frame f = last.frames.removeLast(); // an append is one frame
      last.spans -= f.spans;
      rows -= f.spans;
      bytes -= memory(f);
      if (last.frames.isEmpty()) {
        groups.removeLast();
      }
    }
  }

  @Override
  public Snapshot snapshot() {
    List<Chunk> out = new ArrayList<>(groups.size());
    for (Group g : groups) {
      out.add(new Chunk(g, List.copyOf(g.frames)));
    }
    return new Snapshot(out);
  }

  /**
   * Spans at one moment.
   *
   * @param chunks chunks in arrival order
   */
  record Snapshot(List<Chunk> chunks) {}

  /** Part of a snapshot. */
  static final class Chunk implements TracePartBuilder.Source {
    private final Group group;
    private final List<Frame> frames;

    private Chunk(Group group, List<Frame> frames) {
      this.group = group;
      this.frames = frames;
    }

    @Override
    public int spans() {
      return frames.stream().mapToInt(Frame::spans).sum();
    }

    long first() {
      return frames.stream().mapToLong(Frame::first).min().orElse(Long.MAX_VALUE);
    }

    long last() {
      return frames.stream().mapToLong(Frame::last).max().orElse(Long.MIN_VALUE);
    }

    /** Returns the spans; not to be changed. */
    SpanBatch spansOf() {
      return group.decode(frames);
    }

    @Override
    public void keys(SpanFrame.Keys keys) {
      frames.forEach(f -> SpanFrame.keys(new ByteSource(f.bytes), keys));
    }

    /** The spans, not kept for later. */
    @Override
    public SpanBatch decode() {
      return join(frames);
    }
  }

  private static SpanBatch join(List<Frame> frames) {
    if (frames.size() == 1) {
      SpanBatch b = SpanFrame.read(new ByteSource(frames.getFirst().bytes));
      b.texts.find(""); // indexed before other threads look strings up
      return b;
    }
    SpanBatch out = new SpanBatch();
    SpanCopier.Groups groups = new SpanCopier.Groups(out);
    for (Frame f : frames) {
      SpanBatch b = SpanFrame.read(new ByteSource(f.bytes));
      SpanCopier copier = new SpanCopier(b, out, groups);
      for (int s = 0; s < b.spans; s++) {
        copier.copy(s);
      }
    }
    return out;
  }
}
