/** Events of a cluster as log records, each sent once. */
@NullMarked
package dev.tethys.collect.kubernetes.event;

import org.jspecify.annotations.NullMarked;
