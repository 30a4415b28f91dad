package dev.tethys.collect.exporter.blackbox;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.spi.InetAddressResolver;
import java.net.spi.InetAddressResolverProvider;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

/**
 * The names of the process's tests: those of {@code hangs.invalid} are looked up forever, as where
 * a server of DNS does not respond, all others as the system does.
 */
public final class HangingNames extends InetAddressResolverProvider {
  /** What this hangs for. */
  static final String NAME = "hangs.invalid";

  @Override
  public InetAddressResolver get(Configuration configuration) {
    InetAddressResolver system = configuration.builtinResolver();
    return new InetAddressResolver() {
      @Override
      public Stream<InetAddress> lookupByName(String host, LookupPolicy policy)
          throws UnknownHostException {
        if (host.endsWith(NAME)) {
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            throw new UnknownHostException(host);
          }
        }
        return system.lookupByName(host, policy);
      }

      @Override
      public String lookupByAddress(byte[] address) throws UnknownHostException {
        return system.lookupByAddress(address);
      }
    };
  }

  @Override
  public String name() {
    return "names that hang";
  }
}
