package dev.tethys.pipeline.postgresql;

import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.web.kerberos.KerberosIdentity;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Connection settings of PostgreSQL.
 *
 * @param place server location; if it has several hosts, the primary is used
 * @param passFile file with the password if none is set; null if none
 * @param kerberos identity whose ticket authenticates the user; null for a password
 * @param gssEncryption whether the connection must be encrypted with the ticket's key
 * @param tls null without TLS; otherwise certificate and name are verified as configured
 * @param connections maximum number of connections
 * @param timeout timeout of a statement and of connecting
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
