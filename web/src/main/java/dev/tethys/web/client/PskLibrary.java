package dev.tethys.web.client;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The available {@link PskTls}, looked up on first use. */
final class PskLibrary {
  private static @Nullable PskTls opened;

  private PskLibrary() {}

  static synchronized PskTls opened() throws IOException {
    PskTls found = opened;
    if (found == null) {
      found =
          OptionalJars.find(
              PskTls.class,
              OptionalJars.folder(PskTls.class, "psk"),
              "TLS with a key that both sides know");
      opened = found;
    }
    return found;
  }
}
