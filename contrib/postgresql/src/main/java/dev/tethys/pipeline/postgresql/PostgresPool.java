package dev.tethys.pipeline.postgresql;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.web.client.DriverTls;
import dev.tethys.web.kerberos.KerberosLogin;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.ietf.jgss.GSSException;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;

/** A few connections to one database. Thread-safe. */
final class PostgresPool implements AutoCloseable {
  private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(60);

  private record IdleConnection(Connection connection, long since) {}

  private final PostgresAddress address;
  private final String tlsNumber;
  private final @Nullable KerberosLogin login;
  private final @Nullable ClientAuth auth;
  private final Semaphore permits;

  @GuardedBy("itself")
  private final ArrayDeque<IdleConnection> resting = new ArrayDeque<>();

  private volatile boolean closed;

  /**
   * @param auth provides login tokens, over TLS; null for another login
   */
  PostgresPool(PostgresAddress address, @Nullable ClientAuth auth) {
    this.address = address;
    this.auth = auth;
    this.permits = new Semaphore(address.connections(), true);
    this.login =
        address.kerberos() == null
            ? null
            : new KerberosLogin(address.kerberos(), InstantSource.system());
    this.tlsNumber = address.tls() == null ? "" : DriverTls.register(address.tls());
  }

  /** Work on a connection, in a transaction that ends with it. */
  @FunctionalInterface
  interface TransactionBody<T> {
    T with(Connection c) throws SQLException, IOException;
  }

  /**
   * Runs work in a transaction: committed when it returns, rolled back when it throws.
   *
   * @throws SQLException of PostgreSQL or the driver; class 08 without a connection
   */
  <T> T in(TransactionBody<T> work) throws SQLException, IOException, InterruptedException {
    if (!permits.tryAcquire(address.timeout().toMillis(), TimeUnit.MILLISECONDS)) {
      throw new IOException("PostgreSQL at " + address.place() + ": all connections are busy");
    }
    try {
      Connection c = idleConnection();
      if (c == null) {
        c = open();
      }
      boolean whole = false;
      try {
        T t = work.with(c);
        c.commit();
        whole = true;
        return t;
      } finally {
        if (whole) {
          park(c);
        } else {
          end(c);
        }
      }
    } finally {
      permits.release();
    }
  }

  private Connection open() throws SQLException, IOException {
    Properties p = new Properties();
    long seconds = Math.max(1, address.timeout().toSeconds());
    if (!address.user().isEmpty()) {
      p.setProperty("user", address.user());
    }
    Path passFile = address.passFile();
    if (!address.password().value().isEmpty()) {
      p.setProperty("password", address.password().value());
    } else if (passFile != null) {
      String first = address.place().hosts().split(",", 2)[0];
      String message =
          PassFile.password(passFile, first, address.place().database(), address.user());
      if (message == null) {
        throw new IOException(passFile + " has no line for " + first + " and " + address.user());
      }
      p.setProperty("password", message);
    }
    p.setProperty("ApplicationName", "tethys");
    p.setProperty("connectTimeout", Long.toString(Math.min(seconds, 30)));
    p.setProperty("loginTimeout", Long.toString(Math.min(seconds, 30)));
    // The server times out first and reports it.
    p.setProperty("socketTimeout", Long.toString(seconds + 5));
    p.setProperty("options", "-c statement_timeout=" + address.timeout().toMillis());
    p.setProperty("tcpKeepAlive", "true");
    p.setProperty("gssEncMode", address.gssEncryption() ? "require" : "disable");
    if (address.kerberos() != null) {
      p.setProperty("kerberosServerName", address.kerberos().service());
      p.setProperty("jaasLogin", "false"); // the thread has the ticket
      p.setProperty("loginTimeout", "0"); // the driver would use another thread
    }
    if (address.place().hosts().contains(",")) {
      p.setProperty("targetServerType", "preferPrimary");
    }
    Path socket = address.place().socket();
    if (socket != null) {
      p.setProperty("socketFactory", MachineSockets.class.getName());
      p.setProperty("socketFactoryArg", socket.toString());
    }
    if (address.tls() == null) {
      p.setProperty("sslmode", "disable");
    } else if (auth == null) {
      p.setProperty("sslmode", address.tls().insecureSkipVerify() ? "require" : "verify-full");
      p.setProperty("sslfactory", DriverTls.class.getName());
      p.setProperty(DriverTls.NUMBER, tlsNumber);
    }
    String url =
        "jdbc:postgresql://"
            + address.place().hosts()
            + "/"
            + java.net.URLEncoder.encode(
                address.place().database(), java.nio.charset.StandardCharsets.UTF_8);
    Connection c = connect(url, p);
    if (c == null) {
      throw new SQLException("not an address of PostgreSQL: " + address.place(), "08001");
    }
    c.setAutoCommit(false);
    return c;
  }

  private @Nullable Connection connect(String url, Properties p) throws SQLException, IOException {
    if (auth != null) {
      return withToken(auth, url, p);
    }
    if (login == null) {
      try {
        return new Driver().connect(url, p);
      } catch (SQLException e) {
        // The driver takes any SASL mechanism for SCRAM.
        throw String.valueOf(e.getMessage()).contains("SCRAM")
            ? with(e, "if pg_hba.conf requires oauth, configure a source of tokens")
            : explained(e);
      }
    }
    try {
      return login.as(() -> new Driver().connect(url, p));
    } catch (SQLException e) {
      if (isRefusedLogin(e)) {
        login.refused();
      }
      throw e;
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException("PostgreSQL at " + address.place() + ": " + e.getMessage(), e);
    }
  }

  private @Nullable Connection withToken(ClientAuth auth, String url, Properties p)
      throws SQLException {
    try (PostgresTokenLogin attempt =
        new PostgresTokenLogin(Objects.requireNonNull(address.tls()), auth)) {
      attempt.addTo(p);
      try {
        return new Driver().connect(url, p);
      } catch (SQLException e) {
        boolean refused = String.valueOf(e.getSQLState()).startsWith("28");
        throw refused ? with(e, attempt.refusal()) : explained(e);
      }
    }
  }

  /** Adds the cause, which the driver's message omits, except for rejections. */
  private SQLException explained(SQLException e) {
    Path socket = address.place().socket();
    if (socket != null && e.getCause() instanceof IOException cause) {
      // The driver speaks of a port.
      return new SQLException(
          "no connection through " + socket + ": " + cause.getMessage(), "08001", e);
    }
    return "08001".equals(e.getSQLState())
            && e.getCause() instanceof IOException cause
            && !(cause instanceof ConnectException)
        ? with(e, cause.getMessage() == null ? cause.toString() : cause.getMessage())
        : e;
  }

  private static SQLException with(SQLException e, String more) {
    return more.isEmpty()
        ? e
        : new SQLException(e.getMessage() + " (" + more + ")", e.getSQLState(), e);
  }

  /**
   * Whether the login was rejected, as opposed to a server that is down or full. The driver reports
   * a GSSAPI failure as a lost connection with the failure as its cause.
   */
  static boolean isRefusedLogin(SQLException e) {
    String state = e.getSQLState();
    boolean refused = state != null && state.startsWith("28");
    for (Throwable t = e; t != null && !refused; t = t.getCause()) {
      refused = t instanceof GSSException;
    }
    return refused;
  }

  private @Nullable Connection idleConnection() {
    while (true) {
      IdleConnection r;
      synchronized (resting) {
        r = resting.pollLast();
      }
      if (r == null || System.nanoTime() - r.since < REST_NANOS) {
        return r == null ? null : r.connection;
      }
      end(r.connection);
    }
  }

  private void park(Connection c) {
    synchronized (resting) {
      if (!closed) {
        resting.addLast(new IdleConnection(c, System.nanoTime()));
        return;
      }
    }
    end(c);
  }

  private static void end(Connection c) {
    try {
      c.close(); // uncommitted changes are rolled back
    } catch (SQLException e) {
      // it is gone
    }
  }

  @Override
  public void close() {
    synchronized (resting) {
      closed = true;
      resting.forEach(r -> end(r.connection));
      resting.clear();
    }
    DriverTls.forget(tlsNumber);
  }
}
