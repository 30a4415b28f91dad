package dev.tethys.query.logql.exec;

import dev.tethys.model.Labels;
import dev.tethys.model.logs.CopyBuffer;
import dev.tethys.model.logs.LogNeeds;
import dev.tethys.model.logs.LogRowBatch;
import dev.tethys.model.logs.LogRowBatch.MetadataConsumer;
import dev.tethys.query.logql.pipeline.NameTable;
import dev.tethys.query.logql.pipeline.Row;
import dev.tethys.query.logql.pipeline.UsedLabels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Fills rows of a pipeline from rows of a store. Not thread-safe. */
final class RowReader {
  /** Maximum number of names found without a lookup. */
  private static final int MAX_KNOWN = 32;

  private final NameTable names;
  private final Row row;
  private final List<Labels> streams;
  private final UsedLabels wanted;
  private final boolean times;
  private final boolean bodies;
  private final boolean allMetadata;
  private final String[] metadataNames;
  private final int[] metadataIds;
  private final CopyBuffer copies = new CopyBuffer(); // of the row that was read last

  private final MetadataConsumer addMetadata = this::addMetadata; // one object for all rows

  // numbers of names of metadata, which a store passes on as the same objects
  private String[] knownNames = new String[8];
  private int[] knownIds = new int[8];
  private int known;

  // labels of streams as they are put into rows: number of the name, offset, length
  private final int[] @Nullable [] streamLabels;

  RowReader(NameTable names, Row row, List<Labels> streams, UsedLabels wanted, LogNeeds needs) {
    this.names = names;
    this.row = row;
    this.streams = streams;
    this.wanted = wanted;
    times = needs.times();
    bodies = needs.bodies();
    List<String> metadata = needs.metadata();
    allMetadata = metadata == null;
    metadataNames = metadata == null ? new String[0] : metadata.toArray(String[]::new);
    metadataIds = new int[metadataNames.length];
    for (int i = 0; i < metadataIds.length; i++) {
      metadataIds[i] = names.id(metadataNames[i]);
    }
    streamLabels = new int[streams.size()][];
  }

  /** Returns the metadata to read for the used labels; null for all. */
  static @Nullable List<String> metadata(UsedLabels wanted) {
    Set<String> set = wanted.names();
    if (set == null) {
      return null;
    }
    List<String> out = new ArrayList<>();
    for (String n : set) {
      if (n.startsWith("__error")) {
        continue;
      }
      add(out, n);
      if (n.endsWith(NameTable.DUPLICATE_SUFFIX)) {
        add(out, n.substring(0, n.length() - NameTable.DUPLICATE_SUFFIX.length()));
      }
    }
    return out;
  }

  private static void add(List<String> out, String n) {
    if (!out.contains(n)) {
      out.add(n);
    }
  }

  /** Copies a row of the store to the row of the pipeline, until the next is read. */
  void read(LogRowBatch batch, int i) {
    row.clear();
    copies.clear();
    row.time = times ? batch.time(i) : 0;
    if (bodies) {
      batch.body(i, copies);
      row.line(copies.bytes, 0, copies.size);
      row.ranges = batch.ranges(i);
    }
    int stream = batch.stream(i);
    int[] labels = streamLabels[stream];
    if (labels == null) {
      labels = layout(streams.get(stream));
      streamLabels[stream] = labels;
    }
    byte[] canonical = streams.get(stream).canonicalBytes();
    for (int k = 0; k < labels.length; k += 3) {
      row.addStream(labels[k], canonical, labels[k + 1], labels[k + 2]);
    }
    if (allMetadata) {
      batch.forEachMetadata(i, copies, addMetadata);
    } else {
      for (int k = 0; k < metadataIds.length; k++) {
        int from = copies.size;
        if (batch.metadata(i, metadataNames[k], copies)) {
          row.addMetadata(metadataIds[k], copies.bytes, from, copies.size - from);
        }
      }
    }
  }

  private void addMetadata(String name, int offset, int length) {
    row.addMetadata(id(name), copies.bytes, offset, length);
  }

  @SuppressWarnings("ReferenceEquality") // equal names that are other objects are looked up
  private int id(String name) {
    for (int k = 0; k < known; k++) {
      if (knownNames[k] == name) {
        return knownIds[k];
      }
    }
    int id = names.id(name);
    if (known < MAX_KNOWN) {
      if (known == knownIds.length) {
        knownNames = Arrays.copyOf(knownNames, 2 * known);
        knownIds = Arrays.copyOf(knownIds, 2 * known);
      }
      knownNames[known] = name;
      knownIds[known++] = id;
    }
    return id;
  }

  private int[] layout(Labels l) {
    List<Integer> out = new ArrayList<>();
    l.forEachBytes(
        (buf, no, nl, vo, vl) -> {
          int id = names.id(buf, no, no + nl);
          String name = names.name(id);
          if (wanted.has(name) || wanted.has(name + NameTable.DUPLICATE_SUFFIX)) {
            out.add(id);
            out.add(vo);
            out.add(vl);
          }
        });
    return out.stream().mapToInt(Integer::intValue).toArray();
  }
}
