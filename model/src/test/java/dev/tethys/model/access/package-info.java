@NullMarked
package dev.tethys.model.access;

import org.jspecify.annotations.NullMarked;
