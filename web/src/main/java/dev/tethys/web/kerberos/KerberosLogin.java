package dev.tethys.web.kerberos;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.security.Principal;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import javax.security.auth.Subject;
import javax.security.auth.kerberos.KerberosTicket;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.AppConfigurationEntry.LoginModuleControlFlag;
import javax.security.auth.login.Configuration;
import javax.security.auth.login.LoginContext;
import javax.security.auth.login.LoginException;
import org.ietf.jgss.GSSContext;
import org.ietf.jgss.GSSCredential;
import org.ietf.jgss.GSSException;
import org.ietf.jgss.GSSManager;
import org.ietf.jgss.GSSName;
import org.ietf.jgss.Oid;
import org.jspecify.annotations.Nullable;

/**
 * Tickets of one identity, fetched when they are first needed and again some minutes before they
 * run out. Safe for any number of threads; one of them fetches.
 */
public final class KerberosLogin {
  private static final Duration EARLY = Duration.ofMinutes(5);

  /** Age from which rejected tickets count as expired; younger ones are considered unauthorized. */
  private static final Duration YOUNG = Duration.ofMinutes(1);

  /** RFC 4178. */
  private static final String SPNEGO = "1.3.6.1.5.5.2";

  /** RFC 4121. */
  private static final String KERBEROS = "1.2.840.113554.1.2.2";

  private final KerberosIdentity identity;
  private final InstantSource clock;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private @Nullable Subject subject;

  @GuardedBy("lock")
  private Instant since = Instant.MIN;

  public KerberosLogin(KerberosIdentity identity, InstantSource clock) {
    this.identity = identity;
    this.clock = clock;
  }

  /**
   * A server refused a ticket: all are abandoned, unless they are so young that others would be
   * refused, too. A principal without access therefore logs in at most once per minute, regardless
   * of the number of requests.
   *
   * @return whether the next ticket is another one
   */
  public boolean refused() {
    lock.lock();
    try {
      return isReplaced(subject);
    } finally {
      lock.unlock();
    }
  }

  /** Whether there is, or will be, a login other than the one whose ticket was rejected. */
  private boolean isReplaced(@Nullable Subject used) {
    lock.lock();
    try {
      if (subject != null && subject == used) {
        if (clock.instant().isBefore(since.plus(YOUNG))) {
          return false;
        }
        subject = null;
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Logged-in subject whose ticket is valid for some minutes, with a credential created from it.
   */
  private Subject subject() throws IOException {
    lock.lock();
    try {
      Subject s = subject;
      if (s == null || !holds(s)) {
        s = login();
        subject = s;
        since = clock.instant();
      }
      return s;
    } finally {
      lock.unlock();
    }
  }

  private boolean holds(Subject s) {
    Instant until = clock.instant().plus(EARLY);
    return s.getPrivateCredentials(KerberosTicket.class).stream()
        .filter(t -> t.getServer().getName().startsWith("krbtgt/"))
        .anyMatch(t -> !t.isDestroyed() && t.getEndTime().toInstant().isAfter(until));
  }

  private Subject login() throws IOException {
    identity.useConfig();
    Subject s = new Subject();
    try {
      new LoginContext("tethys", s, identity::answer, new OneModule(identity.options())).login();
    } catch (LoginException e) {
      throw new IOException(
          "Kerberos issued no ticket for " + identity.principal() + ": " + e.getMessage(), e);
    }
    GSSCredential c =
        gss(
            s,
            () -> {
              GSSManager m = GSSManager.getInstance();
              Principal own = s.getPrincipals().iterator().next();
              return m.createCredential(
                  m.createName(own.getName(), GSSName.NT_USER_NAME),
                  GSSCredential.DEFAULT_LIFETIME,
                  new Oid[] {new Oid(KERBEROS), new Oid(SPNEGO)},
                  GSSCredential.INITIATE_ONLY);
            });
    s.getPrivateCredentials().add(c);
    return s;
  }

  /**
   * Does something that finds the tickets as its current {@link Subject}, and a {@link
   * GSSCredential} among its private credentials; in the caller's thread.
   *
   * @throws IOException if there is no ticket
   * @throws Exception the exception of the work
   */
  public <T> T as(Callable<T> work) throws Exception {
    return as(subject(), work);
  }

  private static <T> T as(Subject s, Callable<T> work) throws Exception {
    try {
      return Subject.callAs(s, work);
    } catch (CompletionException e) {
      throw e.getCause() instanceof Exception x ? x : e;
    }
  }

  /** Runs a GSSAPI call as a subject. */
  private static <T> T gss(Subject s, Callable<T> work) throws IOException {
    try {
      return as(s, work);
    } catch (GSSException e) {
      throw new IOException("Kerberos: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException("Kerberos: " + e, e);
    }
  }

  /**
   * Authorization of one request.
   *
   * @param authorization the value of the header Authorization
   * @param refused called if the server rejects the ticket, see {@link #refused()}; also true if
   *     another request was rejected earlier and the tickets already belong to a new login
   */
  public record TicketHeader(String authorization, BooleanSupplier refused) {}

  /** Header value for one request to a server. */
  public TicketHeader show(String host) throws IOException {
    Subject s = subject();
    String token = Base64.getEncoder().encodeToString(token(s, host));
    return new TicketHeader("Negotiate " + token, () -> isReplaced(s));
  }

  /**
   * Token that authenticates to one server (SPNEGO, RFC 4559); valid for one request.
   *
   * @param host host of the server in its principal
   */
  public byte[] token(String host) throws IOException {
    return token(subject(), host);
  }

  private byte[] token(Subject s, String host) throws IOException {
    return gss(
        s,
        () -> {
          GSSManager m = GSSManager.getInstance();
          GSSContext c =
              m.createContext(
                  m.createName(identity.service() + "@" + host, GSSName.NT_HOSTBASED_SERVICE),
                  new Oid(SPNEGO),
                  s.getPrivateCredentials(GSSCredential.class).iterator().next(),
                  GSSContext.DEFAULT_LIFETIME);
          try {
            return c.initSecContext(new byte[0], 0, 0);
          } finally {
            c.dispose();
          }
        });
  }

  /** A configuration of logins with one entry, under any name. */
  private static final class OneModule extends Configuration {
    private final AppConfigurationEntry[] entries;

    OneModule(Map<String, String> options) {
      entries =
          new AppConfigurationEntry[] {
            new AppConfigurationEntry(
                KerberosIdentity.LOGIN_MODULE, LoginModuleControlFlag.REQUIRED, options)
          };
    }

    @Override
    public AppConfigurationEntry[] getAppConfigurationEntry(String name) {
      return entries.clone();
    }
  }
}
