@NullMarked
package dev.tethys.model.logs;

import org.jspecify.annotations.NullMarked;
