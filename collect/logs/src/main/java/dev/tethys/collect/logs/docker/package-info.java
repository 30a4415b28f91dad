/** Logs of containers, read through Docker's API. */
@NullMarked
package dev.tethys.collect.logs.docker;

import org.jspecify.annotations.NullMarked;
