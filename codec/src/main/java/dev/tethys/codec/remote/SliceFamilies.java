package dev.tethys.codec.remote;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.remote.RequestSlices.Slice;
import dev.tethys.model.MetricFamilies;
import dev.tethys.model.MetricFamilies.Family;
import dev.tethys.model.MetricMetadata;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Metadata entries of a request as slices, with lookup of the entry that applies to a series. */
final class SliceFamilies {
  private record Entry(MetricMetadata type, Slice slice) {}

  private final Map<String, Entry> current = new HashMap<>();
  private final Map<Integer, Slice> byOffset = new HashMap<>();
  private final Set<Slice> used = Collections.newSetFromMap(new IdentityHashMap<>());
  private final List<Slice> all = new ArrayList<>();
  private final Map<String, Optional<Slice>> found = new HashMap<>(); // by name of series

  boolean isEmpty() {
    return all.isEmpty();
  }

  /** Adds an entry from any position in the request; the first entry of a family wins. */
  void add(byte[] buf, Slice slice) {
    all.add(slice);
    byOffset.put(slice.offset(), slice);
    put(buf, slice, false);
  }

  /** Receives an entry that applies to all following series. */
  void precede(byte[] buf, int offset, int length) {
    Slice slice = byOffset.get(offset);
    if (slice != null && slice.length() == length) {
      put(buf, slice, true);
      found.clear();
    }
  }

  private void put(byte[] buf, Slice slice, boolean replaces) {
    ProtoReader r = new ProtoReader().reset(buf, slice.offset(), slice.length());
    if (!r.next() || r.field() != 3) {
      return;
    }
    r.enter();
    int type = 0;
    String family = "";
    while (r.next()) {
      switch (r.field()) {
        case 1 -> type = r.readInt();
        case 2 -> family = r.readString();
        default -> r.skip();
      }
    }
    Entry e = new Entry(new MetricMetadata(WriteRequestReader.type(type), "", ""), slice);
    if (replaces) {
      current.put(family, e);
    } else {
      current.putIfAbsent(family, e);
    }
  }

  @Nullable Slice of(String series) {
    Slice s = found.computeIfAbsent(series, this::find).orElse(null);
    if (s != null) {
      used.add(s);
    }
    return s;
  }

  private Optional<Slice> find(String series) {
    Family f =
        MetricFamilies.find(
            series,
            name -> {
              Entry e = current.get(name);
              return e == null ? null : e.type();
            });
    Entry e = f == null ? null : current.get(f.name());
    return Optional.ofNullable(e == null ? null : e.slice());
  }

  List<Slice> unused() {
    return all.stream().filter(s -> !used.contains(s)).toList();
  }
}
