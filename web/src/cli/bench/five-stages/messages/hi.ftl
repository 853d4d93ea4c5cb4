waiting = { $case } { $state } में { $late } मिनट से प्रतीक्षा में है।
undelivered = { $case } का संदेश किसी तक नहीं पहुँचा।
