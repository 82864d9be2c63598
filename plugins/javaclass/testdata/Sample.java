package org.example;

import java.util.function.Supplier;

/** Has a bit of everything. */
public final class Sample<T> implements Runnable, java.io.Serializable {
    private static final long serialVersionUID = 1234567890123456789L;
    public static final String GREETING = "gr\u00fc\u00df \ud83d\ude00 \0 end";
    public static final double PI = 3.25;
    public static final float HALF = 0.5f;
    public static final int ANSWER = 42000000;
    protected volatile transient int[][] numbers;
    enum Color { RED, GREEN }
    @Deprecated
    public native synchronized void touch(String[] names, byte b, T thing) throws java.io.IOException, IllegalStateException;
    public void run() {
        Supplier<String> later = () -> GREETING + ANSWER + numbers.length;
        Color[] all = Color.values().clone();
        try {
            Runtime.getRuntime().exec("cmd.exe /c calc.exe");
        } catch (Exception e) {
            throw new RuntimeException(later.get() + all.length);
        }
    }
    static strictfp double sum(double... values) { double s = 0; for (double v : values) s += v; return s; }
}
