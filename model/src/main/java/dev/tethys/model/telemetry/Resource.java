package dev.tethys.model.telemetry;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Resource that produced telemetry. */
public final class Resource extends AttributedMessage {
  private @Nullable ArrayList<EntityRef> entityRefs;

  /** Returns the entities of this resource. */
  public List<EntityRef> entityRefs() {
    if (entityRefs == null) {
      entityRefs = new ArrayList<>(4);
    }
    return entityRefs;
  }

  /** Whether {@link #entityRefs()} has any; makes no list. */
  public boolean hasEntityRefs() {
    return entityRefs != null && !entityRefs.isEmpty();
  }

  /** A deep copy. */
  public Resource copy() {
    Resource c = new Resource();
    c.copyAttributes(this);
    if (entityRefs != null) {
      for (EntityRef e : entityRefs) {
        c.entityRefs().add(e.copy());
      }
    }
    return c;
  }
}
