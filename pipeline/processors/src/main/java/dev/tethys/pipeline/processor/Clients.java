package dev.tethys.pipeline.processor;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.ottl.ClientInfo;

/** Who sent a batch, for expressions that ask. */
public final class Clients {
  private Clients() {}

  public static ClientInfo of(Metadata metadata) {
    return metadata.isEmpty()
        ? ClientInfo.NONE
        : new ClientInfo(metadata.values(), "", new Attributes());
  }
}
