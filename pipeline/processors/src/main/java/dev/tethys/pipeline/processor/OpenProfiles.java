package dev.tethys.pipeline.processor;

import dev.tethys.codec.otlp.wire.ProfileEditor;
import dev.tethys.model.telemetry.OpenProfile;
import dev.tethys.model.telemetry.Profile;
import dev.tethys.model.telemetry.ProfilesData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.util.IdentityHashMap;
import java.util.Map;

/** Decoded profiles of one batch; tracks which of them changed. */
public final class OpenProfiles {
  private final ProfileEditor editor = new ProfileEditor();
  private final Map<Profile, OpenProfile> edited = new IdentityHashMap<>();

  /** Opens a profile; changes are lost unless it is {@link #keep kept}. */
  public OpenProfile open(Profile p) {
    return editor.open(p);
  }

  /** Replaces the original profile with the changed one. */
  public void keep(Profile from, OpenProfile changed) {
    edited.put(from, changed);
  }

  /**
   * Writes the retained profiles to the batch after the last edit.
   *
   * @return whether there were any
   */
  public boolean close(ProfilesData data) {
    if (edited.isEmpty()) {
      return false;
    }
    for (ResourceGroup<Profile> r : data.resources()) {
      for (ScopeGroup<Profile> s : r.scopes()) {
        s.items()
            .replaceAll(
                p -> {
                  OpenProfile changed = edited.get(p);
                  return changed == null ? p : editor.close(changed);
                });
      }
    }
    return true;
  }
}
