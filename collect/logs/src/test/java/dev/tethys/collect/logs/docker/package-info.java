@NullMarked
package dev.tethys.collect.logs.docker;

import org.jspecify.annotations.NullMarked;
