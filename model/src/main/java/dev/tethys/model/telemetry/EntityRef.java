package dev.tethys.model.telemetry;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Names of the attributes that identify an entity of a resource. */
public final class EntityRef extends Message {
  private String schemaUrl = "";
  private String type = "";
  private @Nullable ArrayList<String> idKeys;
  private @Nullable ArrayList<String> descriptionKeys;

  public String schemaUrl() {
    return schemaUrl;
  }

  public void setSchemaUrl(String schemaUrl) {
    this.schemaUrl = schemaUrl;
  }

  /** The type of the entity, such as {@code service}. */
  public String type() {
    return type;
  }

  public void setType(String type) {
    this.type = type;
  }

  /** Returns the keys of the identifying attributes. */
  public List<String> idKeys() {
    if (idKeys == null) {
      idKeys = new ArrayList<>(4);
    }
    return idKeys;
  }

  /** Whether {@link #idKeys()} has any; makes no list. */
  public boolean hasIdKeys() {
    return idKeys != null && !idKeys.isEmpty();
  }

  /** Returns the keys of the descriptive attributes. */
  public List<String> descriptionKeys() {
    if (descriptionKeys == null) {
      descriptionKeys = new ArrayList<>(4);
    }
    return descriptionKeys;
  }

  /** Whether {@link #descriptionKeys()} has any; makes no list. */
  public boolean hasDescriptionKeys() {
    return descriptionKeys != null && !descriptionKeys.isEmpty();
  }

  /** A deep copy. */
  public EntityRef copy() {
    EntityRef c = new EntityRef();
    c.setUnknownFields(unknownFields());
    c.schemaUrl = schemaUrl;
    c.type = type;
    if (idKeys != null) {
      for (String e : idKeys) {
        c.idKeys().add(e);
      }
    }
    if (descriptionKeys != null) {
      for (String e : descriptionKeys) {
        c.descriptionKeys().add(e);
      }
    }
    return c;
  }
}
