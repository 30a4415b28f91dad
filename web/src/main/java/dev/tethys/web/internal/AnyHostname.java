package dev.tethys.web.internal;

import java.nio.charset.StandardCharsets;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.StandardConstants;

/** Server name for names that the JDK's class rejects because they are not Internet host names. */
public final class AnyHostname extends SNIServerName {
  public AnyHostname(String name) {
    super(StandardConstants.SNI_HOST_NAME, name.getBytes(StandardCharsets.US_ASCII));
  }
}
