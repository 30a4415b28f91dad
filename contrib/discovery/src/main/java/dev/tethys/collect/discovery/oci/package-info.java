/** Targets from Oracle's cloud. */
@NullMarked
package dev.tethys.collect.discovery.oci;

import org.jspecify.annotations.NullMarked;
