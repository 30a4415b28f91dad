/** Probes of TLS libraries, by which encrypted requests are measured. */
@NullMarked
package dev.tethys.collect.observe.tls;

import org.jspecify.annotations.NullMarked;
