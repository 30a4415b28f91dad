package dev.tethys.pipeline.processor;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.ottl.ClientInfo;

/** Client data of batches, for expressions that read it. */
public final class Clients {
  private Clients() {}

  public static ClientInfo of(Metadata metadata) {
    Metadata.Client client = metadata.client();
    if (metadata.isEmpty() && client == Metadata.Client.NONE) {
      return ClientInfo.NONE;
    }
    Attributes auth = new Attributes();
    client.auth().forEach(auth::put);
    return new ClientInfo(metadata.values(), client.addressText(), auth);
  }
}
