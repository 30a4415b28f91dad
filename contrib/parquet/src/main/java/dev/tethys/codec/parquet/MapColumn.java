package dev.tethys.codec.parquet;

import java.util.List;

/** Maps of text to text, one in each row, maybe empty. */
public final class MapColumn implements ParquetWriter.Field {
  final String name;
  final TextColumn keys;
  final TextColumn values;
  private boolean begun;

  MapColumn(String name) {
    this.name = name;
    this.keys = new TextColumn(List.of(name, "key_value", "key"), false, true, true);
    this.values = new TextColumn(List.of(name, "key_value", "value"), false, true, true);
  }

  /** Adds an entry with a new key to this row's map. */
  public void add(String key, String value) {
    keys.add(key, begun ? 1 : 0);
    values.add(value, begun ? 1 : 0);
    begun = true;
  }

  /** Completes the row's map. */
  public void end() {
    if (!begun) {
      keys.addNull();
      values.addNull();
    }
    begun = false;
  }
}
