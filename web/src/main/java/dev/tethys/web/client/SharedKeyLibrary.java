package dev.tethys.web.client;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The {@link SharedKeyTls} that this program has; looked for when it is first asked for. */
final class SharedKeyLibrary {
  private static @Nullable SharedKeyTls opened;

  private SharedKeyLibrary() {}

  static synchronized SharedKeyTls opened() throws IOException {
    SharedKeyTls found = opened;
    if (found == null) {
      found =
          OptionalJars.find(
              SharedKeyTls.class,
              OptionalJars.folder(SharedKeyTls.class, "psk"),
              "TLS with a key that both sides know");
      opened = found;
    }
    return found;
  }
}
