package dev.tethys.model.telemetry;

import java.util.ArrayList;
import java.util.List;

/** Telemetry of one instrumentation scope: ScopeLogs, ScopeSpans … of OTLP. */
public final class ScopeGroup<T extends Item<T>> extends Message {
  private Scope scope = new Scope();
  private String schemaUrl = "";
  private final ArrayList<T> items = new ArrayList<>();

  public Scope scope() {
    return scope;
  }

  public void setScope(Scope scope) {
    this.scope = scope;
  }

  /** The schema of the items, "" if absent. */
  public String schemaUrl() {
    return schemaUrl;
  }

  public void setSchemaUrl(String schemaUrl) {
    this.schemaUrl = schemaUrl;
  }

  /** The log records, spans, metrics or profiles, which may be changed in place. */
  public List<T> items() {
    return items;
  }

  public int itemCount() {
    int n = 0;
    for (T item : items) {
      n += item.itemCount();
    }
    return n;
  }

  /** A deep copy. */
  public ScopeGroup<T> copy() {
    ScopeGroup<T> c = new ScopeGroup<>();
    c.setUnknownFields(unknownFields());
    c.scope = scope.copy();
    c.schemaUrl = schemaUrl;
    c.items.ensureCapacity(items.size());
    for (T item : items) {
      c.items.add(item.copy());
    }
    return c;
  }
}
