package dev.tethys.web.internal;

import java.nio.charset.StandardCharsets;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.StandardConstants;

/** The name of a server, where the JDK's own kind refuses what is no name of the Internet. */
public final class AnyHostname extends SNIServerName {
  public AnyHostname(String name) {
    super(StandardConstants.SNI_HOST_NAME, name.getBytes(StandardCharsets.US_ASCII));
  }
}
