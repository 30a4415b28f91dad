package dev.tethys.web.client;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The dialer of HTTP/3 that this program has; looked for when this class is first used. */
final class Http3Library {
  private static final @Nullable Http3Dialer DIALER;
  private static final String PROBLEM;

  static {
    Http3Dialer found = null;
    String problem;
    try {
      found =
          OptionalJars.find(
              Http3Dialer.class, OptionalJars.folder(Http3Dialer.class, "http3"), "HTTP/3");
      problem = found.problem();
    } catch (IOException e) {
      problem = String.valueOf(e.getMessage());
    } catch (LinkageError e) {
      problem = "HTTP/3: its library cannot be used: " + e.getMessage();
    }
    DIALER = found;
    PROBLEM = problem;
  }

  private Http3Library() {}

  /** Returns the reason why HTTP/3 is unavailable; empty if it is available. */
  static String problem() {
    return PROBLEM;
  }

  static Http3Dialer dialer() throws IOException {
    if (DIALER == null || !PROBLEM.isEmpty()) {
      throw new IOException(PROBLEM);
    }
    return DIALER;
  }
}
