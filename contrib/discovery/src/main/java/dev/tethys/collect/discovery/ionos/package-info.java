/** Targets from IONOS Cloud. */
@NullMarked
package dev.tethys.collect.discovery.ionos;

import org.jspecify.annotations.NullMarked;
