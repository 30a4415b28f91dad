/** Targets from Linode. */
@NullMarked
package dev.tethys.collect.discovery.linode;

import org.jspecify.annotations.NullMarked;
