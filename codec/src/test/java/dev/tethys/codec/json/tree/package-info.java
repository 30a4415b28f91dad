@NullMarked
package dev.tethys.codec.json.tree;

import org.jspecify.annotations.NullMarked;
