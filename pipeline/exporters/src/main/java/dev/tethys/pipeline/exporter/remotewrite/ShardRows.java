package dev.tethys.pipeline.exporter.remotewrite;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.codec.remote.ExternalLabels;
import dev.tethys.codec.remote.RowTemplate;
import dev.tethys.model.Labels;
import dev.tethys.model.storage.SeriesLayout;
import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Distribution of a layout's samples over lanes, and the form of their requests.
 *
 * @param template null for a layout whose series are assigned one by one
 */
record ShardRows(int lane, @Nullable RowTemplate template) {
  private static final ShardRows ONE_BY_ONE = new ShardRows(0, null);

  /** Builders with their arrays, which are larger than the built templates. */
  private static final ArrayBlockingQueue<RowTemplate.Builder> IDLE = new ArrayBlockingQueue<>(2);

  /**
   * Value key of a record, because comparing the record itself costs several times as much at each
   * batch.
   */
  private record Key(Labels external, int most) {
    @Override
    public boolean equals(@Nullable Object o) {
      return o instanceof Key k && k.most == most && k.external.equals(external);
    }

    @Override
    public int hashCode() {
      return external.hashCode() * 31 + most;
    }
  }

  /**
   * Converts a layout for destinations with these settings, cached per layout.
   *
   * @param most samples per request
   */
  static ShardRows of(SeriesLayout layout, ExternalLabels external, int most) {
    return layout.kept(new Key(external.labels(), most), () -> make(layout, external, most));
  }

  private static ShardRows make(SeriesLayout layout, ExternalLabels external, int most) {
    RowTemplate.Builder kept = IDLE.poll();
    RowTemplate.Builder b = (kept == null ? new RowTemplate.Builder() : kept).begin(most);
    ProtoWriter fields = new ProtoWriter();
    ProtoWriter merged = new ProtoWriter();
    ProtoReader reader = new ProtoReader();
    int[] lane = {-1};
    boolean[] one = {true};
    layout.forEach(
        (buf, offset, length) -> {
          fields.clear().pairs(1, buf, offset, length);
          int n = SeriesShard.of(fields.buffer(), 0, fields.size());
          one[0] &= lane[0] < 0 || lane[0] == n;
          lane[0] = n;
          if (external.isEmpty()) {
            b.add(fields.buffer(), 0, fields.size());
          } else if (external.merge(fields.buffer(), 0, fields.size(), reader, merged)) {
            b.add(merged.buffer(), 0, merged.size());
          } else {
            one[0] = false;
          }
        });
    RowTemplate t = one[0] ? b.build() : null;
    IDLE.offer(b);
    return t == null ? ONE_BY_ONE : new ShardRows(lane[0], t);
  }
}
