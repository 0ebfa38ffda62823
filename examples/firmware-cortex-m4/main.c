/* Runs the model's built-in test vectors: 0 means that this build computes the right bytes. */
#include MODEL_HEADER

void print(const char *text);

int main(void)
{
    const int32_t wrong_run = MODEL_SELFTEST();

    print(wrong_run == 0 ? "selftest: every byte is right\n" : "selftest: WRONG\n");
    return (int)wrong_run;
}
