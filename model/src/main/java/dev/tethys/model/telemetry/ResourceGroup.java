package dev.tethys.model.telemetry;

import java.util.ArrayList;
import java.util.List;

/** Telemetry of one resource: ResourceLogs, ResourceSpans … of OTLP. */
public final class ResourceGroup<T extends Item<T>> extends Message {
  private Resource resource = new Resource();
  private String schemaUrl = "";
  private final ArrayList<ScopeGroup<T>> scopes = new ArrayList<>();

  public Resource resource() {
    return resource;
  }

  public void setResource(Resource resource) {
    this.resource = resource;
  }

  /** The schema of the resource, "" if absent. */
  public String schemaUrl() {
    return schemaUrl;
  }

  public void setSchemaUrl(String schemaUrl) {
    this.schemaUrl = schemaUrl;
  }

  /** The scopes, which may be changed in place. */
  public List<ScopeGroup<T>> scopes() {
    return scopes;
  }

  public int itemCount() {
    int n = 0;
    for (ScopeGroup<T> s : scopes) {
      n += s.itemCount();
    }
    return n;
  }

  /** A deep copy. */
  public ResourceGroup<T> copy() {
    ResourceGroup<T> c = new ResourceGroup<>();
    c.setUnknownFields(unknownFields());
    c.resource = resource.copy();
    c.schemaUrl = schemaUrl;
    c.scopes.ensureCapacity(scopes.size());
    for (ScopeGroup<T> s : scopes) {
      c.scopes.add(s.copy());
    }
    return c;
  }
}
