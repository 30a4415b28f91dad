package dev.tethys.collect.cloud.reader;

import dev.tethys.web.cloud.CredentialDependencies;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Dependencies of the readers of clouds.
 *
 * @param caller sends requests
 * @param pause waits
 * @param names resolves the names of endpoints
 */
public record CloudContext(
    CredentialDependencies.Caller caller,
    InstantSource clock,
    Function<String, @Nullable String> environment,
    Pause pause,
    Names names) {
  /** Waits for some time. */
  @FunctionalInterface
  public interface Pause {
    /** Waits. */
    void pause(Duration duration) throws InterruptedException;
  }

  /** Resolves names to IPv4 addresses. */
  @FunctionalInterface
  public interface Names {
    /** IPv4 address of a name; empty if it has none. */
    String ipv4(String host);
  }

  /** Context of a process. */
  public static CloudContext of(CredentialDependencies.Caller caller) {
    return new CloudContext(
        caller, InstantSource.system(), System::getenv, Thread::sleep, CloudContext::resolve);
  }

  /** Dependencies of credentials. */
  public CredentialDependencies credentials() {
    return new CredentialDependencies(caller, clock, environment);
  }

  private static String resolve(String host) {
    try {
      for (InetAddress a : InetAddress.getAllByName(host)) {
        if (a instanceof Inet4Address) {
          return a.getHostAddress();
        }
      }
    } catch (UnknownHostException e) {
      // the label is empty then
    }
    return "";
  }
}
