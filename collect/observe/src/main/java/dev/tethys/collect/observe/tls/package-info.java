/** Probes of TLS libraries that measure encrypted requests. */
@NullMarked
package dev.tethys.collect.observe.tls;

import org.jspecify.annotations.NullMarked;
