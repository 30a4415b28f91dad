package dev.tethys.web.client;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The {@link PskTls} that this program has; looked for when it is first asked for. */
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
