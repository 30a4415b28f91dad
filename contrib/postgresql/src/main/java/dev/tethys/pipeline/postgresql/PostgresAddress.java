package dev.tethys.pipeline.postgresql;

import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.web.kerberos.KerberosIdentity;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL and how it is reached.
 *
 * @param place of several hosts the primary is looked for
 * @param passFile where the password is looked up when there is none; null for nowhere
 * @param kerberos whose ticket proves who the user is; null for a password
 * @param gssEncryption whether the ticket's key encrypts the connection, and a server that does not
 *     is refused
 * @param tls null for none; otherwise the server's certificate and name are verified as it says
 * @param connections most at once
 * @param timeout of a statement and of connecting
 */
record PostgresAddress(
    PostgresPlace place,
    String user,
    Secret password,
    @Nullable Path passFile,
    @Nullable KerberosIdentity kerberos,
    boolean gssEncryption,
    @Nullable TlsConfig tls,
    int connections,
    Duration timeout) {}
